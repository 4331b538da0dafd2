using Quorate.Contracts;
using Quorate.Contracts.Sites;
using Quorate.Harness.Metrics;
using Quorate.Harness.Records;

namespace Quorate.Harness.Runs;

/// <summary>A run that is done; Resumed: its record was there already.</summary>
public sealed record FinishedRun(RunRequest Request, RunResult Result, string Folder, bool Resumed);

/// <summary>Makes runs one after the other, each on a site as it should be, and leaves sites as they were found.</summary>
/// <param name="services">What it works with.</param>
/// <param name="loadSite">Of a Compose file.</param>
/// <param name="recordRoot">Where records are kept, a folder each.</param>
/// <param name="resume">Runs whose record is complete are not made again.</param>
public sealed class HarnessBatch(HarnessServices services, Func<string, Site> loadSite, string recordRoot, bool resume)
{
    private readonly List<FinishedRun> _finished = [];

    /// <summary>What is done so far, also after a cancellation.</summary>
    public IReadOnlyList<FinishedRun> Finished => _finished;

    /// <param name="requests">Runs of one site beside each other, so that it is brought up once.</param>
    /// <param name="starting">Told before each run that is made.</param>
    /// <param name="finished">Told after each.</param>
    /// <param name="cancellationToken">Ends it; what was begun is taken back first.</param>
    public async Task RunAsync(IReadOnlyList<RunRequest> requests, Action<RunRequest> starting, Action<FinishedRun> finished, CancellationToken cancellationToken)
    {
        foreach (var group in requests.GroupBy(r => (r.Scenario.ComposeFile, r.Platform)))
        {
            var missing = group.Where(r => !TryResume(r, finished)).ToList();
            if (missing.Count > 0)
            {
                await RunGroupAsync(group.Key.ComposeFile, group.Key.Platform, missing, starting, finished, cancellationToken);
            }
        }
    }

    private bool TryResume(RunRequest request, Action<FinishedRun> finished)
    {
        var folder = Path.Combine(recordRoot, request.Folder);
        if (!resume || !RecordFolder.IsComplete(folder) || RecordFolder.ReadResult(folder) is not { Error: null } result)
        {
            return false;
        }

        // A record of the name may be of a scenario that was changed since, or of another one of this name.
        var evidence = RecordFolder.ReadEvidence(folder);
        if (evidence.Header.Noise != request.Noise || QuorateJson.Serialize(evidence.Scenario) != QuorateJson.Serialize(request.Scenario))
        {
            return false;
        }

        Keep(new FinishedRun(request, result, folder, Resumed: true), finished);
        return true;
    }

    private async Task RunGroupAsync(string composeFile, string platform, List<RunRequest> requests, Action<RunRequest> starting, Action<FinishedRun> finished, CancellationToken cancellationToken)
    {
        using var site = await HarnessSite.OpenAsync(loadSite(composeFile), platform, services, cancellationToken);
        try
        {
            foreach (var request in requests)
            {
                cancellationToken.ThrowIfCancellationRequested();
                starting(request);
                var evidence = await new HarnessRun(site, services, request).RunAsync(cancellationToken);
                var proposals = evidence.Planning.Steps.Select(s => QuorateJson.Deserialize<Engine.Triage.Planning.PlanProposal>(s.Proposal.GetRawText())!).ToList();
                var result = RunJudge.Judge(evidence, proposals);
                var folder = Path.Combine(recordRoot, request.Folder);
                RecordFolder.Write(folder, evidence, result);
                Keep(new FinishedRun(request, result, folder, Resumed: false), finished);
            }
        }
        finally
        {
            await site.Keeper.LeaveAsync(CancellationToken.None);
        }
    }

    private void Keep(FinishedRun run, Action<FinishedRun> finished)
    {
        _finished.Add(run);
        finished(run);
    }
}
