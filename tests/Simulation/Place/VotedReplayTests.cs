using Quorate.Contracts.Placing;
using Quorate.Engine.Place;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Cluster;
using Quorate.Engine.Place.Workloads;
using Quorate.Faults.Agents;

namespace Quorate.Tests.Simulation.Place;

public sealed class VotedReplayTests
{
    private static readonly ClusterSpec Cluster = PlacementRuns.FiveAgents;
    private static readonly Lazy<IReadOnlyList<JobSpec>> Trace = new(Read);
    private static readonly Lazy<ReplayResult> WithoutVotes = new(() => WorkloadReplay.Run(Cluster, Trace.Value));

    [Fact]
    public async Task Replay_NobodyLies_IsTheScheduleWithoutVotes()
    {
        var held = new Holdings();
        var result = await VotedReplay.RunAsync(Cluster, Trace.Value, observer: held, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(2000, result.Jobs.Count);
        Assert.Equal(Starts(WithoutVotes.Value.Jobs), Starts(result.Jobs));
        Assert.Equal(WithoutVotes.Value.Metrics.MeanBoundedSlowdown, result.Metrics.MeanBoundedSlowdown, 6);
        Assert.Equal(WithoutVotes.Value.Metrics.Utilisation, result.Metrics.Utilisation, 6);
        Assert.Equal(2000, held.Placed);
        Assert.Empty(result.Report.ByzantineDetected);
    }

    [Theory]
    [InlineData("GENERAL_SPECIALIST", AgentFaultKinds.WrongVote, true)]
    [InlineData("MEMORY_SPECIALIST", AgentFaultKinds.CapacityLie, true)]
    [InlineData("GPU_SPECIALIST", AgentFaultKinds.Equivocation, true)]
    [InlineData("GENERAL_SPECIALIST", AgentFaultKinds.Withholding, false)]
    [InlineData("COMPUTE_SPECIALIST", AgentFaultKinds.WrongVote, true)]
    public async Task Replay_OneLiesThroughout_EveryJobThatFitsTheOthersRunsOnce(string liar, string kind, bool isProven)
    {
        var plan = new AgentFaultPlan { Schedule = [new ScheduledFault(liar, kind, 1, AgentFaultPlan.MostScheduledRounds)] };
        var held = new Holdings();
        var result = await VotedReplay.RunAsync(Cluster, Trace.Value, new AgentFaultInjector(plan, Cluster, 1), held, TestContext.Current.CancellationToken);

        var ran = result.Jobs.Select(j => j.Job.Name).ToList();
        Assert.Equal(ran.Count, ran.Distinct().Count());
        Assert.Empty(result.Rejected);
        Assert.Equal(isProven ? [liar] : [], result.Report.ByzantineDetected);
        Assert.Equal(ran.Count + result.Report.Replaced, held.Placed);
        // Whoever is missing fits in the liar's pool only.
        var others = new NodePools(Cluster with { Agents = [.. Cluster.Agents.Where(a => a.Name != liar)] });
        Assert.All(Trace.Value.Where(j => others.Fits(j.Needs())), j => Assert.DoesNotContain(j.Name, result.NeverRan));
        Assert.Equal(2000, ran.Count + result.NeverRan.Count);
    }

    [Fact]
    public async Task Replay_LiesThatNobodyCanProve_CostNothing()
    {
        var plan = new AgentFaultPlan { Schedule = [new ScheduledFault("COMPUTE_SPECIALIST", AgentFaultKinds.ForgedSignature, 1, AgentFaultPlan.MostScheduledRounds)] };
        var result = await VotedReplay.RunAsync(Cluster, Trace.Value, new AgentFaultInjector(plan, Cluster, 1), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(Starts(WithoutVotes.Value.Jobs), Starts(result.Jobs));
    }

    private static IEnumerable<(string, double, double)> Starts(IReadOnlyList<ReplayedJob> jobs) => jobs.Select(j => (j.Job.Name, j.StartS, j.EndS)).OrderBy(j => j.Name, StringComparer.Ordinal);

    private static IReadOnlyList<JobSpec> Read()
    {
        using var reader = new StreamReader(Path.Combine(AppContext.BaseDirectory, "lab", "workloads", "lublin-2000.swf"));
        return SwfFile.Read(reader).ToJobs().Jobs;
    }

    /// <summary>Keeps its own account of what each node holds, from the decided records alone.</summary>
    private sealed class Holdings : IPlacementObserver
    {
        private readonly Dictionary<string, Proposal> _held = [];
        private readonly Dictionary<(string Agent, int Node), Resources> _used = [];

        public int Placed { get; private set; }

        public void On(PlacementProgress progress)
        {
            if (progress is not { Round: { } round, Applied: { } applied })
            {
                return;
            }

            foreach (var job in round.Record.Releases.Concat(applied.Lost).ToList())
            {
                if (_held.Remove(job, out var proposal))
                {
                    Add(proposal, -1);
                }
            }

            for (var i = 0; i < applied.Placed.Count; i++)
            {
                if (applied.Placed[i])
                {
                    Placed++;
                    _held.Add(round.Record.Proposals[i].Job, round.Record.Proposals[i]);
                    Add(round.Record.Proposals[i], 1);
                }
            }
        }

        private void Add(Proposal proposal, int sign)
        {
            var node = Cluster.Agents.Single(a => a.Name == proposal.Agent).Node.Has();
            var share = proposal.Needs.Amounts().Share(proposal.Nodes.Count);
            foreach (var number in proposal.Nodes)
            {
                var used = _used.GetValueOrDefault((proposal.Agent, number)) + (share * sign);
                Assert.True(used.Fits(node), $"{proposal.Job} over-commits node {number} of {proposal.Agent}: {used} of {node}");
                _used[(proposal.Agent, number)] = used;
            }
        }
    }
}
