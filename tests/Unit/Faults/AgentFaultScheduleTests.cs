using Quorate.Contracts.Placing;
using Quorate.Faults.Agents;
using Quorate.Tests.Unit.Place;

namespace Quorate.Tests.Unit.Faults;

public class AgentFaultScheduleTests
{
    private static readonly ClusterSpec Cluster = Clusters.Of([.. Enumerable.Range(0, 7).Select(i => Clusters.Pool($"a{i}", "general", 1, 4, 8))]);

    [Fact]
    public void Draw_RoundsRepeatedAndProbed_SameFaultsAsOnce()
    {
        var plan = new AgentFaultPlan { FaultInjectionRate = 0.6, MaxFaulty = 2 };
        var smooth = Faults(plan, 7, Enumerable.Range(1, 100).Select(r => (r, true)));
        var rough = Faults(plan, 7, Enumerable.Range(1, 100).SelectMany(r => new[] { (r, false), (r, true), (r, true) }));
        Assert.NotEmpty(smooth);
        Assert.Equal(smooth, rough);
        Assert.NotEqual(smooth, Faults(plan, 8, Enumerable.Range(1, 100).Select(r => (r, true))));
    }

    [Fact]
    public void Draw_EarlierRoundsWithoutJobs_LaterRoundsDrawTheSame()
    {
        var plan = new AgentFaultPlan { FaultInjectionRate = 0.3, MinRounds = 1, MaxRounds = 1 };
        var all = Faults(plan, 3, Enumerable.Range(1, 60).Select(r => (r, true)));
        var late = Faults(plan, 3, Enumerable.Range(1, 60).Select(r => (r, r > 30)));
        Assert.NotEmpty(late);
        Assert.Equal(all.Where(f => f.Round > 30), late);
    }

    [Fact]
    public void Draw_ManyRounds_EveryAgentAndTheRateAsked()
    {
        var plan = new AgentFaultPlan { FaultInjectionRate = 0.25, MinRounds = 1, MaxRounds = 1 };
        var faults = Faults(plan, 1, Enumerable.Range(1, 4000).Select(r => (r, true)));
        Assert.InRange(faults.Count, 900, 1100);
        Assert.Equal(Cluster.Agents.Count, faults.Select(f => f.Agent).Distinct().Count());
        Assert.All(faults.GroupBy(f => f.Agent), g => Assert.InRange(g.Count(), 90, 200));
    }

    [Fact]
    public void Schedule_RoundRepeated_EachFaultOnce()
    {
        var plan = new AgentFaultPlan { Schedule = [new("a1", AgentFaultKinds.Crash, 2, 3), new("a2", AgentFaultKinds.Slow, 2, 1)] };
        var faults = Faults(plan, 1, [(1, true), (2, true), (2, true), (2, false), (3, true)]);
        Assert.Equal([(1, 2L, 5L), (2, 2L, 3L)], faults.Select(f => (f.Agent, f.Round, f.Until)));
    }

    private static IReadOnlyList<AgentFault> Faults(AgentFaultPlan plan, int seed, IEnumerable<(int Round, bool MayDraw)> rounds)
    {
        var schedule = new AgentFaultSchedule(plan, Cluster, seed);
        foreach (var (round, mayDraw) in rounds)
        {
            schedule.BeginRound(round, mayDraw);
        }

        return schedule.All;
    }
}
