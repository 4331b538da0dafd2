using Quorate.Contracts.Placing;
using Quorate.Protocol.Consensus;

namespace Quorate.Faults.Agents;

/// <summary>Which agent is under which fault in which round: as planned, and as drawn by the seed.</summary>
internal sealed class AgentFaultSchedule(AgentFaultPlan plan, ClusterSpec cluster, Random random)
{
    /// <summary>Messages after which an agent that crashes is gone, at most: in the middle of things.</summary>
    private const int MaxHeard = 60;

    private readonly List<AgentFault> _all = [];

    /// <summary>In the order in which they came.</summary>
    public IReadOnlyList<AgentFault> All => _all;

    /// <summary>Faults in force, by the agent's number; one at a time for each.</summary>
    public Dictionary<int, AgentFault> Now { get; } = [];

    public void BeginRound(long round, bool mayDraw)
    {
        foreach (var over in Now.Where(f => f.Value.Until <= round).Select(f => f.Key).ToList())
        {
            Now.Remove(over);
        }

        foreach (var fault in plan.Schedule.Where(f => f.Round == round))
        {
            Begin(cluster.NumberOf(fault.Agent), fault.Kind, round, fault.Rounds);
        }

        var most = plan.MaxFaulty ?? Membership.Largest(cluster.Agents.Count).Faults;
        if (mayDraw && random.NextDouble() < plan.FaultInjectionRate && Now.Count < most)
        {
            var sound = Enumerable.Range(0, cluster.Agents.Count).Where(a => !Now.ContainsKey(a)).ToList();
            Begin(sound[random.Next(sound.Count)], Draw(), round, random.Next(plan.MinRounds, plan.MaxRounds + 1));
        }
    }

    private void Begin(int agent, string kind, long round, int rounds)
    {
        var fault = new AgentFault(agent, cluster.Agents[agent].Name, kind, round, round + rounds, random.Next(MaxHeard));
        Now[agent] = fault;
        _all.Add(fault);
    }

    private string Draw()
    {
        var draw = random.NextDouble();
        return draw < plan.ByzantineProbability ? AgentFaultKinds.Byzantine[random.Next(AgentFaultKinds.Byzantine.Count)]
            : (draw -= plan.ByzantineProbability) < plan.CrashProbability ? AgentFaultKinds.Crash
            : draw - plan.CrashProbability < plan.NetworkPartitionRate ? AgentFaultKinds.Partition
            : random.Next(2) == 0 ? AgentFaultKinds.Slow : AgentFaultKinds.Corruption;
    }
}

/// <summary>A fault of one agent. Heard: messages it still gets before it crashes.</summary>
internal sealed record AgentFault(int Agent, string Name, string Kind, long Round, long Until, int Heard);
