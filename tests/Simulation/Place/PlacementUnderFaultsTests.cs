using Quorate.Contracts.Placing;
using Quorate.Engine.Place;
using Quorate.Engine.Place.Agreement;

namespace Quorate.Tests.Simulation.Place;

public sealed class PlacementUnderFaultsTests(ITestOutputHelper output)
{
    private static readonly AgentFaultPlan Source = new() { FaultInjectionRate = 0.3, ByzantineProbability = 0.4, CrashProbability = 0.3, NetworkPartitionRate = 0.2, SlowResponseFactor = 3, MaxFaulty = 1 };

    /// <summary>A liar may contradict a ballot of its own that is some rounds old.</summary>
    private const int Late = 4;

    [Fact]
    public async Task Run_NoFaults_PlacesEveryJobOnce()
    {
        var result = await PlacementRuns.RunAsync(new NoFaults(), 1, signed: true);

        Assert.All(result.Jobs, j => Assert.True(j.Outcome == PlacementOutcome.Placed, $"{j.Name}: {j.Outcome} {j.Reason}"));
        Assert.All(result.Jobs, j => Assert.Equal("completed", j.Execution));
        Assert.All(result.Jobs, j => Assert.Equal(0, j.Replaced));
        Assert.Empty(result.Findings);
        Assert.Null(result.Report.CorrectnessUnderAttack);
        Assert.Equal(1, result.Report.SuccessRate);
    }

    [Fact]
    public async Task Run_OneFaultyAgentAtATime_PlacesEveryJobAndFindsEveryLie()
    {
        var recoveries = new List<double>();
        var kinds = new SortedDictionary<string, int>();
        for (var seed = 0; seed < 100; seed++)
        {
            var rounds = new Rounds();
            var result = await PlacementRuns.RunAsync(Source, seed, observer: rounds, signed: seed % 25 == 0);
            Check(result, rounds, seed);
            recoveries.AddRange(result.Faults.Select(f => f.RecoveryMs).OfType<double>());
            foreach (var fault in result.Faults)
            {
                kinds[fault.Kind] = kinds.GetValueOrDefault(fault.Kind) + 1;
            }
        }

        var p95 = recoveries.Order().ElementAt((int)(recoveries.Count * 0.95));
        output.WriteLine($"recovery: n {recoveries.Count}, mean {recoveries.Average():0.0} ms, p95 {p95:0.0} ms; {string.Join(", ", kinds.Select(k => $"{k.Key} {k.Value}"))}");
        Assert.True(p95 < 1000, $"p95 {p95} ms");
    }

    private static void Check(PlacementResult result, Rounds rounds, int seed)
    {
        var bad = result.Jobs.FirstOrDefault(j => j.Outcome != PlacementOutcome.Placed || j.Execution != "completed");
        Assert.True(bad is null, $"seed {seed}, {bad?.Name}: {bad?.Outcome} {bad?.Execution} {bad?.Reason}");
        Assert.Equal(1, result.Report.CorrectnessUnderAttack ?? 1);
        var liars = result.Faults.Where(f => AgentFaultKinds.Byzantine.Contains(f.Kind)).Select(f => f.Agent).ToHashSet();
        Assert.All(result.Findings.Where(f => f.Proven), f => Assert.True(result.Faults.Any(i => i.Agent == f.Agent && AgentFaultKinds.Byzantine.Contains(i.Kind) && i.Round <= f.Round + Late && f.Round < i.Until), $"seed {seed}: {f}"));
        Assert.All(result.Report.ByzantineDetected, a => Assert.Contains(a, liars));
        foreach (var lie in result.Faults.Where(f => f.Kind is AgentFaultKinds.WrongVote or AgentFaultKinds.Equivocation or AgentFaultKinds.CapacityLie))
        {
            // A wrong vote needs something to vote on; every lie needs a ballot that was heard.
            var signed = rounds.All.Any(r => r.Record.Round >= lie.Round && r.Record.Round < lie.Until && (lie.Kind != AgentFaultKinds.WrongVote || r.Record.Proposals.Count > 0) && r.Ballots.ContainsKey(Number(lie.Agent)));
            var found = result.Findings.Any(f => f.Proven && f.Agent == lie.Agent && f.Round >= lie.Round - Late && f.Round < lie.Until);
            Assert.True(found || !signed, $"seed {seed}: {lie} was not found");
        }
    }

    private static int Number(string agent) => PlacementRuns.FiveAgents.NumberOf(agent);

    private sealed class Rounds : IPlacementObserver
    {
        public List<RoundResult> All { get; } = [];

        public void On(PlacementProgress progress)
        {
            if (progress.Round is { } round)
            {
                All.Add(round);
            }
        }
    }
}
