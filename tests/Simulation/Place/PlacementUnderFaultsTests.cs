using Quorate.Contracts.Placing;

namespace Quorate.Tests.Simulation.Place;

public sealed class PlacementUnderFaultsTests(ITestOutputHelper output)
{
    private static readonly AgentFaultPlan Source = new() { FaultInjectionRate = 0.3, ByzantineProbability = 0.4, CrashProbability = 0.3, NetworkPartitionRate = 0.2, SlowResponseFactor = 3, MaxFaulty = 1 };

    [Fact]
    public async Task Run_NoFaults_PlacesEveryJobOnce()
    {
        var result = await PlacementRuns.RunAsync(null, 1);

        Assert.All(result.Jobs, j => Assert.True(j.Outcome == PlacementOutcome.Placed, $"{j.Name}: {j.Outcome} {j.Reason}"));
        Assert.All(result.Jobs, j => Assert.Equal("completed", j.Execution));
        Assert.All(result.Jobs, j => Assert.Equal(0, j.Replaced));
        Assert.Empty(result.Findings);
        Assert.Equal(1, result.Report.SuccessRate);
    }

    [Fact]
    public async Task Run_OneFaultyAgentAtATime_PlacesEveryJobAndFindsEveryLie()
    {
        var recoveries = new List<double>();
        var kinds = new SortedDictionary<string, int>();
        for (var seed = 0; seed < 100; seed++)
        {
            var result = await PlacementRuns.RunAsync(Source, seed);
            Check(result, seed);
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

    private static void Check(PlacementResult result, int seed)
    {
        Assert.All(result.Jobs, j => Assert.True(j.Outcome == PlacementOutcome.Placed && j.Execution == "completed", $"seed {seed}, {j.Name}: {j.Outcome} {j.Execution} {j.Reason}"));
        var liars = result.Faults.Where(f => AgentFaultKinds.Byzantine.Contains(f.Kind)).Select(f => f.Agent).ToHashSet();
        Assert.All(result.Findings.Where(f => f.Proven), f => Assert.True(result.Faults.Any(i => i.Agent == f.Agent && AgentFaultKinds.Byzantine.Contains(i.Kind) && f.Round >= i.Round && f.Round < i.Until), $"seed {seed}: {f}"));
        Assert.All(result.Report.ByzantineDetected, a => Assert.Contains(a, liars));
        string[] traced = [AgentFaultKinds.WrongVote, AgentFaultKinds.Equivocation, AgentFaultKinds.CapacityLie];
        foreach (var lie in result.Faults.Where(f => traced.Contains(f.Kind) && f.Round <= result.Report.Rounds))
        {
            Assert.True(result.Findings.Any(f => f.Proven && f.Agent == lie.Agent && f.Round >= lie.Round && f.Round < lie.Until), $"seed {seed}: {lie} was not found");
        }
    }
}
