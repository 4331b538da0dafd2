using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Cluster;
using Quorate.Engine.Place.Queueing;

namespace Quorate.Engine.Place.Workloads;

/// <summary>What a replay goes by.</summary>
public sealed record ReplayOptions
{
    public QueueOptions Queue { get; init; } = new();

    /// <summary>
    /// Asked before jobs start: which of the proposals are agreed to, one answer each. A job that is not agreed to waits until something
    /// else happens, and is proposed again. Null: all are.
    /// </summary>
    public Func<TimeSpan, IReadOnlyList<Start>, IReadOnlyList<bool>>? Approve { get; init; }
}

/// <summary>What a replay showed.</summary>
/// <param name="Metrics">The figures.</param>
/// <param name="Jobs">Jobs that ran, in the order of their ends.</param>
/// <param name="Rejected">Names of jobs larger than the cluster, and of those that depend on them.</param>
/// <param name="NeverStarted">Names of jobs that were never agreed to.</param>
/// <param name="Decisions">Proposals made, agreed to or not.</param>
public sealed record ReplayResult(ReplayMetrics Metrics, IReadOnlyList<ReplayedJob> Jobs, IReadOnlyList<string> Rejected, IReadOnlyList<string> NeverStarted, long Decisions);

/// <summary>Runs a trace through a queue in virtual time: ends first, then submissions, then starts.</summary>
public sealed class WorkloadReplay
{
    private readonly ReplayOptions _options;
    private readonly ClusterState _cluster;
    private readonly JobQueue _queue;
    private readonly JobSpec[] _arrivals;
    private readonly Dictionary<string, JobSpec> _jobs;
    private readonly PriorityQueue<ReplayedJob, (double, long)> _ends = new();
    private readonly List<ReplayedJob> _done;
    private readonly List<string> _rejected = [];
    private int _arrived;
    private long _decisions;

    private WorkloadReplay(ClusterSpec cluster, IReadOnlyList<JobSpec> jobs, ReplayOptions options)
    {
        _options = options;
        _cluster = new ClusterState(cluster);
        _queue = new JobQueue(cluster, options.Queue);
        _arrivals = [.. jobs.OrderBy(j => j.SubmitS)];
        _jobs = jobs.ToDictionary(j => j.Name);
        _done = new List<ReplayedJob>(jobs.Count);
    }

    public static ReplayResult Run(ClusterSpec cluster, IReadOnlyList<JobSpec> jobs, ReplayOptions? options = null, CancellationToken cancellationToken = default) =>
        new WorkloadReplay(cluster, jobs, options ?? new ReplayOptions()).Run(cancellationToken);

    private ReplayResult Run(CancellationToken cancellationToken)
    {
        while (NextTime() is { } now)
        {
            cancellationToken.ThrowIfCancellationRequested();
            while (_ends.TryPeek(out var ended, out _) && ended.EndS <= now)
            {
                _ends.Dequeue();
                _cluster.Release(ended.Job.Name);
                _queue.Finish(ended.Job.Name, succeeded: true);
                _done.Add(ended);
            }

            while (_arrived < _arrivals.Length && _arrivals[_arrived].SubmitS <= now)
            {
                Submit(_arrivals[_arrived++]);
            }

            StartWhatMay(now);
        }

        var done = _done.Select(j => j.Job.Name).Concat(_rejected).ToHashSet();
        return new ReplayResult(
            ReplayMetrics.Of(_done, _rejected.Count, _cluster.Nodes.Total.CpuCores), _done, _rejected, [.. _arrivals.Select(j => j.Name).Where(n => !done.Contains(n))], _decisions);
    }

    private double? NextTime()
    {
        var end = _ends.TryPeek(out var first, out _) ? first.EndS : double.MaxValue;
        var arrival = _arrived < _arrivals.Length ? _arrivals[_arrived].SubmitS : double.MaxValue;
        return Math.Min(end, arrival) is var next and < double.MaxValue ? next : null;
    }

    private void Submit(JobSpec job)
    {
        var waits = QueuedJob.Of(job, TimeSpan.FromSeconds(job.SubmitS));
        // A dependency that is over, well or badly, is not waited for.
        if (job.DependsOn.Any(_rejected.Contains) || _queue.Add(waits with { DependsOn = [.. job.DependsOn.Where(d => !IsDone(d))] }).Count > 0)
        {
            _rejected.Add(job.Name);
            _rejected.AddRange(_queue.Finish(job.Name, succeeded: false));
        }
    }

    private bool IsDone(string name) => _done.Exists(j => j.Job.Name == name);

    private void StartWhatMay(double now)
    {
        var starts = _queue.Next(TimeSpan.FromSeconds(now), _cluster);
        _decisions += starts.Count;
        var agreed = starts.Count > 0 ? _options.Approve?.Invoke(TimeSpan.FromSeconds(now), starts) : null;
        for (var i = 0; i < starts.Count; i++)
        {
            if (agreed is null || agreed[i])
            {
                var (queued, placement, _) = starts[i];
                var job = _jobs[queued.Name];
                var runs = job.Lasts();
                var allocation = _cluster.Allocate(job.Name, placement, TimeSpan.FromSeconds(now) + queued.Walltime);
                _queue.Remove(job.Name);
                _ends.Enqueue(new ReplayedJob(job, now, now + runs), (now + runs, allocation.Sequence));
            }
        }
    }
}
