using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Ports;

namespace Quorate.Engine.Place.Recording;

/// <summary>
/// Writes what a run must not forget to the ledger: each decided round before the backend starts anything of it, and what the
/// backend took and ended before anything follows from it. Each call completes when its entry is durable.
/// </summary>
/// <param name="ledger">The one durable log.</param>
/// <param name="run">Subject of the entries.</param>
/// <param name="isReal">Jobs have effects outside; the starts of simulated ones end with the process and are not worth a word each.</param>
public sealed class PlacementJournal(ILedger ledger, string run, bool isReal)
{
    /// <summary>Jobs in one entry: with the longest commands far below what an entry may hold.</summary>
    private const int JobsAtOnce = 100;

    /// <summary>The run is open from here on. Only one whose jobs are real can be resumed, so only its jobs are kept.</summary>
    public async Task StartedAsync(PlaceStarted started, IReadOnlyList<JobSpec> jobs, CancellationToken cancellationToken)
    {
        foreach (var some in isReal ? jobs.Chunk(JobsAtOnce) : [])
        {
            await AppendAsync(LedgerKinds.PlaceJobs, new PlaceJobs(some), DecisionTag.Deterministic, cancellationToken);
        }

        await AppendAsync(LedgerKinds.PlaceStarted, started, DecisionTag.Deterministic, cancellationToken);
    }

    public Task ResumedAsync(OutcomeGroup group, CancellationToken cancellationToken) => AppendAsync(LedgerKinds.PlaceResumed, new PlaceResumed(group), DecisionTag.Deterministic, cancellationToken);

    /// <summary>A round, with what proves it; its record and ballots are part of that.</summary>
    /// <param name="certificate">The proof.</param>
    /// <param name="byModels">A model had a say in it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task DecidedAsync(PlacementCertificate certificate, bool byModels, CancellationToken cancellationToken) =>
        AppendAsync(LedgerKinds.Placement, certificate, byModels ? DecisionTag.LlmDecision : DecisionTag.Deterministic, cancellationToken);

    public Task TakenAsync(StartTaken taken, CancellationToken cancellationToken) => isReal ? AppendAsync(LedgerKinds.PlaceJobTaken, taken, DecisionTag.Deterministic, cancellationToken) : Task.CompletedTask;

    public Task EndedAsync(StartEnded ended, CancellationToken cancellationToken) => isReal ? AppendAsync(LedgerKinds.PlaceJobEnded, ended, DecisionTag.Deterministic, cancellationToken) : Task.CompletedTask;

    /// <summary>What came of it. A run that was interrupted, or left starts that may still run, stays open.</summary>
    public async Task FinishedAsync(PlacementResult result, CancellationToken cancellationToken)
    {
        var summary = new { report = result.Report, jobs = result.Jobs.Select(j => new { j.Name, j.Outcome, j.Agent, j.Execution, j.Reason }), findings = result.Findings.Take(100), result.Faults, result.LeftOpen, result.Interrupted };
        await AppendAsync(LedgerKinds.PlacementReport, summary, DecisionTag.Deterministic, cancellationToken);
        if (result.Interrupted is null && result.LeftOpen.Count == 0)
        {
            await AppendAsync(LedgerKinds.PlaceEnded, new { }, DecisionTag.Deterministic, cancellationToken);
        }
    }

    private Task<LedgerEntry> AppendAsync<T>(string kind, T payload, DecisionTag tag, CancellationToken cancellationToken) => ledger.AppendAsync(new LedgerDraft(kind, run, QuorateJson.ToElement(payload), tag), cancellationToken);
}
