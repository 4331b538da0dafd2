using Quorate.Contracts.Placing;
using Quorate.Engine.Place;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Votes;
using Quorate.Faults.Agents;

namespace Quorate.Tests.Simulation.Place;

/// <summary>What becomes of a job, and of the others, when the agents refuse a pool.</summary>
public sealed class RefusalTests
{
    [Fact]
    public async Task Job_RefusedInOnePoolWhileTheOtherIsFull_HoldsUpNobody()
    {
        var cluster = Of(Pool("a", 1, gpus: 1), Pool("b", 1, gpus: 1), Pool("c", 1), Pool("d", 1));
        JobSpec[] jobs =
        [
            new() { Name = "on-a", CpuCores = 1, Gpus = 1, WalltimeS = 10 },
            new() { Name = "on-b", CpuCores = 1, Gpus = 1, WalltimeS = 100 },
            new() { Name = "refused", CpuCores = 1, Gpus = 1, WalltimeS = 10, SubmitS = 20, Priority = 10 },
            new() { Name = "other", CpuCores = 1, WalltimeS = 10, SubmitS = 30 },
        ];

        var result = await RunAsync(cluster, jobs, new PlacementOptions(), (_, p) => p is { Job: "refused", Agent: "a" });

        Assert.All(result.Jobs, j => Assert.True(j is { Outcome: PlacementOutcome.Placed, Execution: "completed" }, $"{j.Name}: {j.Outcome} {j.Reason}"));
        Assert.Equal((0, "b", 80), (Of(result, "other").WaitS, Of(result, "refused").Agent, Of(result, "refused").WaitS));
    }

    [Fact]
    public async Task Jobs_MoreEndAtOnceThanARoundTells_NoneIsProposedOnNodesThatTheAgentsThinkTaken()
    {
        var cluster = Of(Pool("a", 2, gpus: 1), Pool("b", 200), Pool("c", 200), Pool("d", 200));
        // They end in the order of their starts, those with a GPU last.
        JobSpec[] jobs =
        [
            .. Enumerable.Range(0, 600).Select(i => new JobSpec { Name = $"j{i}", CpuCores = 1, WalltimeS = 100 }),
            .. Enumerable.Range(0, 2).Select(i => new JobSpec { Name = $"g{i}", CpuCores = 1, Gpus = 1, WalltimeS = 100, Priority = -1 }),
            .. Enumerable.Range(0, 2).Select(i => new JobSpec { Name = $"next{i}", CpuCores = 1, Gpus = 1, WalltimeS = 100, SubmitS = 50, Priority = 10 }),
        ];

        var result = await RunAsync(cluster, jobs, new PlacementOptions { Batch = PlacementRecord.MaxProposals, KeepProofs = false }, (_, _) => false);

        Assert.All(result.Jobs, j => Assert.True(j is { Outcome: PlacementOutcome.Placed, Execution: "completed" }, $"{j.Name}: {j.Outcome} {j.Reason}"));
        Assert.Equal(50, Of(result, "next0").WaitS);
    }

    [Fact]
    public async Task Liar_WhileHalfOfTheAgentsAreQuarantined_StopsNoJobForGood()
    {
        var cluster = Of(Pool("a", 4, gpus: 1), Pool("b", 4), Pool("c", 4), Pool("d", 4));
        // Both are convicted by what they say of their pools, vote as the rules do, and are taken back after some rounds.
        var plan = new AgentFaultPlan { Schedule = [new("c", AgentFaultKinds.CapacityLie, 1, 1), new("d", AgentFaultKinds.CapacityLie, 1, 1)] };
        var rounds = new Ties();
        var jobs = Enumerable.Range(0, 6).Select(i => new JobSpec { Name = $"j{i}", CpuCores = 1, Gpus = 1, WalltimeS = 10 }).ToList();
        var result = await RunAsync(cluster, jobs, new PlacementOptions { MaxReadmissions = 3 }, (agent, _) => agent == "b", new AgentFaultInjector(plan, cluster, 1), rounds);

        Assert.Equal(["c", "d"], result.Report.ByzantineDetected);
        Assert.True(rounds.Seen > 0);
        Assert.All(result.Jobs, j => Assert.True(j is { Outcome: PlacementOutcome.Placed, Execution: "completed" }, $"{j.Name}: {j.Outcome} {j.Reason}"));
    }

    [Fact]
    public async Task Liar_WhileHalfOfTheAgentsAreGoneForGood_TheJobFailsAndSaysWhy()
    {
        var cluster = Of(Pool("a", 4), Pool("b", 4), Pool("c", 4), Pool("d", 4));
        var plan = new AgentFaultPlan { Schedule = [new("c", AgentFaultKinds.CapacityLie, 1, 1), new("d", AgentFaultKinds.CapacityLie, 1, 1)] };
        var jobs = Enumerable.Range(0, 4).Select(i => new JobSpec { Name = $"j{i}", CpuCores = 1, WalltimeS = 10 }).ToList();
        var result = await RunAsync(cluster, jobs, new PlacementOptions { MaxReadmissions = 0 }, (agent, _) => agent == "b", new AgentFaultInjector(plan, cluster, 1));

        Assert.Equal((PlacementOutcome.Failed, "neither accepted nor refused in 8 rounds: 1 of the agents that count reject it, and 1 may lie"), (result.Jobs[^1].Outcome, result.Jobs[^1].Reason));
    }

    [Fact]
    public async Task Report_DecisionsUnderAFaultAgainstTheRules_LowerTheCorrectness()
    {
        var cluster = Of(Pool("a", 4), Pool("b", 4), Pool("c", 4), Pool("d", 4));
        // Of the four rounds under a fault one refuses what the rules accept.
        var plan = new AgentFaultPlan { Schedule = [new("d", AgentFaultKinds.ForgedSignature, 1, 4)] };
        var jobs = Enumerable.Range(0, 4).Select(i => new JobSpec { Name = $"j{i}", CpuCores = 1, WalltimeS = 10 }).ToList();
        var result = await RunAsync(cluster, jobs, new PlacementOptions(), (_, p) => p is { Job: "j1", Agent: "a" }, new AgentFaultInjector(plan, cluster, 1));

        Assert.Equal(0.75, result.Report.CorrectnessUnderAttack);
    }

    private static PlacedJob Of(PlacementResult result, string name) => result.Jobs.Single(j => j.Name == name);

    private static ClusterSpec Of(params AgentSpec[] agents) => new() { Name = "refusals", Agents = agents };

    private static AgentSpec Pool(string name, int nodes, long gpus = 0) =>
        new() { Name = name, Speciality = "general", Nodes = nodes, Node = new NodeSpec { CpuCores = 1, MemoryGb = 0, Gpus = gpus }, Model = "m" };

    private static async Task<PlacementResult> RunAsync(ClusterSpec cluster, IReadOnlyList<JobSpec> jobs, PlacementOptions options, Func<string, Proposal, bool> refuse, IAgentFaults? faults = null, IPlacementObserver? observer = null)
    {
        using var session = PlacementSession.Open(new PlacementSetup
        {
            RunId = "refusals",
            Cluster = cluster,
            Keys = null,
            Clock = new VirtualClock(),
            Voter = (agent, number) => new Refuser(agent.Name, number, refuse),
            Options = options,
            Faults = faults ?? new NoFaults(),
            Observer = observer ?? PlacementParts.Nobody,
        });
        return await session.Engine.RunAsync(jobs, TestContext.Current.CancellationToken);
    }

    /// <summary>Rounds that no majority of the agents that count accepted or refused.</summary>
    private sealed class Ties : IPlacementObserver
    {
        public int Seen { get; private set; }

        public void On(PlacementProgress progress) => Seen += progress is { Round.Record: { Quarantined.Count: 2, Proposals.Count: > 0 }, Applied: { } applied } && applied.Placed.Contains(false) ? 1 : 0;
    }

    /// <summary>As a model that refuses what a rule accepts.</summary>
    private sealed class Refuser(string name, int number, Func<string, Proposal, bool> refuse) : IVoter
    {
        private readonly RuleVoter _rules = new(number, name);

        public async ValueTask<CastBallot> VoteAsync(PlacementState state, PlacementRecord record, IReadOnlyList<bool> changes, CancellationToken cancellationToken)
        {
            var (ballot, votes) = await _rules.VoteAsync(state, record, changes, cancellationToken);
            var refused = record.Proposals.Select(p => refuse(name, p)).ToList();
            return new CastBallot(
                ballot with { Votes = [.. ballot.Votes.Select((v, i) => refused[i] ? v with { Vote = AgentVote.Reject, Source = VoteSource.Llm } : v)] },
                [.. votes.Select((v, i) => refused[i] ? v with { Vote = AgentVote.Reject, Source = VoteSource.Llm } : v)]);
        }
    }
}
