using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Cluster;
using Quorate.Engine.Place.Workloads;
using Quorate.Faults.Agents;

namespace Quorate.Tests.Simulation.Place;

public sealed class VotedReplayTests
{
    /// <summary>The first of the shipped trace: two days, in which many wait.</summary>
    private const int Jobs = 400;

    private static readonly ClusterSpec Cluster = PlacementRuns.FiveAgents;
    private static readonly Lazy<IReadOnlyList<JobSpec>> Trace = new(Read);
    private static readonly Lazy<ReplayResult> WithoutVotes = new(() => WorkloadReplay.Run(Cluster, Trace.Value));

    [Fact]
    public async Task Replay_NobodyLies_IsTheScheduleWithoutVotes()
    {
        var held = new Holdings(Cluster);
        var result = await VotedReplay.RunAsync(Cluster, Trace.Value, observer: held, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(Jobs, result.Jobs.Count);
        Assert.Equal(Starts(WithoutVotes.Value.Jobs), Starts(result.Jobs));
        Assert.Equal(WithoutVotes.Value.Metrics.MeanBoundedSlowdown, result.Metrics.MeanBoundedSlowdown, 6);
        Assert.Equal(WithoutVotes.Value.Metrics.Utilisation, result.Metrics.Utilisation, 6);
        Assert.Equal(Jobs, held.Placed);
        Assert.Empty(result.Report.ByzantineDetected);
    }

    [Theory]
    [InlineData("COMPUTE_SPECIALIST", AgentFaultKinds.WrongVote, true)]
    [InlineData("MEMORY_SPECIALIST", AgentFaultKinds.CapacityLie, true)]
    [InlineData("GPU_SPECIALIST", AgentFaultKinds.Equivocation, true)]
    [InlineData("COMPUTE_SPECIALIST", AgentFaultKinds.Withholding, false)]
    [InlineData("GENERAL_SPECIALIST", AgentFaultKinds.ForgedSignature, true)]
    public async Task Replay_OneLiesThroughout_IsTheScheduleWithoutVotes(string liar, string kind, bool isFound)
    {
        var held = new Holdings(Cluster);
        var result = await VotedReplay.RunAsync(Cluster, Trace.Value, new AgentFaultInjector(Throughout(liar, kind), Cluster, 1), held, TestContext.Current.CancellationToken);

        Assert.Equal(Starts(WithoutVotes.Value.Jobs), Starts(result.Jobs));
        Assert.Equal(isFound ? [liar] : [], result.Report.ByzantineDetected);
        Assert.Equal((0, Jobs), (result.Report.Replaced, held.Placed));
    }

    [Fact]
    public async Task Replay_OneIsCutOffThroughout_EveryJobThatFitsTheOthersRunsOnce()
    {
        var held = new Holdings(Cluster);
        var result = await VotedReplay.RunAsync(Cluster, Trace.Value, new AgentFaultInjector(Throughout("COMPUTE_SPECIALIST", AgentFaultKinds.Partition), Cluster, 1), held, TestContext.Current.CancellationToken);

        var ran = result.Jobs.Select(j => j.Job.Name).ToList();
        Assert.Equal(ran.Count, ran.Distinct().Count());
        Assert.Empty(result.Rejected);
        Assert.Equal(ran.Count + result.Report.Replaced, held.Placed);
        // Whoever is missing fits in the lost pool only.
        var others = new NodePools(Cluster with { Agents = [.. Cluster.Agents.Where(a => a.Name != "COMPUTE_SPECIALIST")] });
        Assert.All(Trace.Value.Where(j => others.Fits(j.Needs())), j => Assert.DoesNotContain(j.Name, result.NeverRan));
        Assert.NotEmpty(result.NeverRan);
        Assert.Equal(Jobs, ran.Count + result.NeverRan.Count);
    }

    private static AgentFaultPlan Throughout(string agent, string kind) => new() { Schedule = [new ScheduledFault(agent, kind, 1, AgentFaultPlan.MostScheduledRounds)] };

    private static IEnumerable<(string, double, double)> Starts(IReadOnlyList<ReplayedJob> jobs) => jobs.Select(j => (j.Job.Name, j.StartS, j.EndS)).OrderBy(j => j.Name, StringComparer.Ordinal);

    private static IReadOnlyList<JobSpec> Read()
    {
        using var reader = new StreamReader(Path.Combine(AppContext.BaseDirectory, "lab", "workloads", "lublin-2000.swf"));
        return [.. SwfFile.Read(reader).ToJobs().Jobs.Take(Jobs)];
    }
}
