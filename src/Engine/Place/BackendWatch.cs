using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Backends;

namespace Quorate.Engine.Place;

/// <summary>
/// Keeps the backend doing what was decided: submits under the start's key until it is taken, so that nothing runs twice, tells
/// what ended, and cancels what was placed elsewhere.
/// </summary>
internal sealed class BackendWatch(PlacementParts parts)
{
    private readonly List<JobProgress> _starting = [];
    private readonly List<JobProgress> _ended = [];
    private readonly Dictionary<string, JobProgress> _running = new(StringComparer.Ordinal);
    private readonly HashSet<string> _toCancel = new(StringComparer.Ordinal);

    /// <summary>What the nodes of a pool are called.</summary>
    public static IReadOnlyList<string> NamesOf(string agent, IReadOnlyList<int> nodes) => [.. nodes.Select(n => SimulatedBackend.NodeName(agent, n))];

    /// <summary>It holds nodes now and is to run.</summary>
    public void Start(JobProgress job)
    {
        job.Stage = JobStage.Starting;
        _starting.Add(job);
    }

    public void Cancel(JobProgress job)
    {
        if (job.Start is { } start)
        {
            _running.Remove(start.Key);
            _toCancel.Add(start.Key);
        }
    }

    /// <summary>Jobs that ended, were lost or had to be given up since the last call.</summary>
    public IReadOnlyList<JobProgress> TakeEnded()
    {
        JobProgress[] taken = [.. _ended];
        _ended.Clear();
        return taken;
    }

    /// <summary>Names of the jobs that the backend runs on a node.</summary>
    public IEnumerable<string> RunningOn(BackendNode node) => _running.Values.Where(j => j.Start!.Pool == node.Pool && j.Result.Nodes.Contains(node.Name)).Select(j => j.Spec.Name);

    public async Task UpdateAsync(CancellationToken cancellationToken)
    {
        // One that was lost and placed again in between is there twice.
        foreach (var job in _starting.Distinct().Where(j => j.Stage == JobStage.Starting))
        {
            await SubmitAsync(job, cancellationToken);
        }

        _starting.RemoveAll(j => j.Stage != JobStage.Starting);

        if (_running.Count > 0 || _toCancel.Count > 0)
        {
            await ObserveAsync(cancellationToken);
        }
    }

    private async Task SubmitAsync(JobProgress job, CancellationToken cancellationToken)
    {
        var answer = await parts.Backend.SubmitAsync(job.Start!, cancellationToken);
        if (answer.Value is { Id: { } id })
        {
            (job.Stage, job.UnansweredSince) = (JobStage.Running, null);
            job.Result = job.Result with { BackendId = id, Execution = "running" };
            _running[job.Start!.Key] = job;
            return;
        }

        job.UnansweredSince ??= parts.Time.Now;
        var reason = answer.Reached ? $"the backend refused it: {answer.Value?.Refused}" : $"the backend cannot be reached: {answer.Unreachable}";
        job.Result = job.Result with { Reason = reason };
        if (answer.Reached || parts.Time.Now - job.UnansweredSince > TimeSpan.FromSeconds(parts.Options.BackendPatienceS))
        {
            // Whether an unanswered submission was taken is not known; should it turn up, it is cancelled.
            _toCancel.Add(job.Start!.Key);
            job.Stage = JobStage.GivenUp;
            job.Result = job.Result with { Outcome = PlacementOutcome.Failed };
            _ended.Add(job);
        }
    }

    private async Task ObserveAsync(CancellationToken cancellationToken)
    {
        if (await parts.Backend.ObserveAsync(cancellationToken) is not { Value: { } seen })
        {
            return;
        }

        foreach (var found in seen)
        {
            if (_toCancel.Contains(found.Key) && (found.Ended || (await parts.Backend.CancelAsync(found.Id, cancellationToken)).Reached))
            {
                _toCancel.Remove(found.Key);
            }

            if (!_running.TryGetValue(found.Key, out var job))
            {
                continue;
            }

            job.Result = job.Result with { Nodes = found.Nodes.Count > 0 ? found.Nodes : job.Result.Nodes };
            if (found.Ended)
            {
                _running.Remove(found.Key);
                End(job, found);
            }
        }
    }

    private void End(JobProgress job, BackendJob found)
    {
        job.Lost = found.State == BackendJobState.NodeFailed;
        job.Stage = JobStage.Ended;
        job.Result = job.Result with
        {
            Execution = QuorateJson.NameOf(found.State),
            Reason = found.State == BackendJobState.Completed ? null : found.Reason ?? (found.ExitCode is { } code ? $"exit code {code}" : null),
        };
        _ended.Add(job);
    }
}
