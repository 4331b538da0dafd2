using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Backends;

namespace Quorate.Engine.Place.Workloads;

/// <summary>What a replay through votes showed.</summary>
/// <param name="Metrics">The figures, of jobs that ran to their end.</param>
/// <param name="Jobs">Those jobs, in the order of their ends; each with its last start.</param>
/// <param name="Rejected">Names of jobs larger than the cluster, refused by the agents, or depending on such.</param>
/// <param name="NeverRan">Names of jobs for which there never was room, for instance because their pool's agent was withdrawn.</param>
/// <param name="Report">Rounds, replaced jobs, agents convicted.</param>
public sealed record VotedReplayResult(ReplayMetrics Metrics, IReadOnlyList<ReplayedJob> Jobs, IReadOnlyList<string> Rejected, IReadOnlyList<string> NeverRan, PlacementReport Report);

/// <summary>
/// Runs a trace through the placement engine in virtual time: the agents vote on each start by the rules, and it counts once they have
/// decided it. Their signatures are stand-ins, so what is shown is the schedule, and no proof.
/// </summary>
public sealed class VotedReplay : IPlacementObserver
{
    private readonly Dictionary<string, JobSpec> _jobs;
    private readonly VirtualJobTime _time = new();
    private readonly List<ReplayedJob> _done;
    private readonly CancellationToken _cancel;

    private VotedReplay(IReadOnlyList<JobSpec> jobs, CancellationToken cancel)
    {
        _jobs = jobs.ToDictionary(j => j.Name, StringComparer.Ordinal);
        _done = new List<ReplayedJob>(jobs.Count);
        _cancel = cancel;
    }

    /// <param name="cluster">Whose agents vote; the group tolerates ⌊(n−1)/3⌋ liars.</param>
    /// <param name="jobs">The trace.</param>
    /// <param name="faults">What befalls the agents.</param>
    /// <param name="observer">Told of rounds and jobs; null: nobody is.</param>
    /// <param name="cancellationToken">Ends the replay.</param>
    public static Task<VotedReplayResult> RunAsync(ClusterSpec cluster, IReadOnlyList<JobSpec> jobs, IAgentFaults? faults = null, IPlacementObserver? observer = null, CancellationToken cancellationToken = default) =>
        new VotedReplay(jobs, cancellationToken).RunAsync(cluster, jobs, faults ?? new NoFaults(), observer);

    public void On(PlacementProgress progress)
    {
        // Virtual time stands still at the end of a job, so this is when it ended.
        if (progress.Job is { Execution: "completed" or "timed_out" } ended)
        {
            var job = _jobs[ended.Name];
            var end = _time.Now.TotalSeconds;
            _done.Add(new ReplayedJob(job, end - job.Lasts(), end));
        }
    }

    private async Task<VotedReplayResult> RunAsync(ClusterSpec cluster, IReadOnlyList<JobSpec> jobs, IAgentFaults faults, IPlacementObserver? observer)
    {
        using var session = PlacementSession.Open(new PlacementSetup
        {
            RunId = "replay",
            Cluster = cluster,
            Keys = null,
            Clock = new VirtualClock(),
            Time = _time,
            Faults = faults,
            Observer = observer is null ? this : new Observers(this, observer),
            Options = new PlacementOptions { Batch = PlacementRecord.MaxProposals, KeepProofs = false },
        });
        var result = await session.Engine.RunAsync(jobs, _cancel);
        var ran = _done.Select(j => j.Job.Name).ToHashSet(StringComparer.Ordinal);
        var rest = result.Jobs.Where(j => !ran.Contains(j.Name)).ToLookup(j => j.Outcome == PlacementOutcome.Rejected, j => j.Name);
        var cores = cluster.Agents.Sum(a => a.Nodes * a.Node.CpuCores);
        return new VotedReplayResult(ReplayMetrics.Of(_done, rest[true].Count(), cores), _done, [.. rest[true]], [.. rest[false]], result.Report);
    }
}
