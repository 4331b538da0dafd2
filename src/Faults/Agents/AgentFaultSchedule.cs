using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Protocol.Consensus;

namespace Quorate.Faults.Agents;

/// <summary>
/// Which agent is under which fault in which round: as planned, and as drawn. What is drawn follows from the seed, the round and the agent
/// alone, so a round draws the same however often it is repeated and whatever became of the rounds before it.
/// </summary>
internal sealed class AgentFaultSchedule(AgentFaultPlan plan, ClusterSpec cluster, int seed)
{
    /// <summary>Messages after which an agent that crashes is gone, at most: in the middle of things.</summary>
    private const int MaxHeard = 60;

    /// <summary>Stands for the round itself among the agents' numbers.</summary>
    private const int NoAgent = -1;

    private readonly List<AgentFault> _all = [];
    private long _begun;
    private long _drawn;

    /// <summary>In the order in which they came.</summary>
    public IReadOnlyList<AgentFault> All => _all;

    /// <summary>Faults in force, by the agent's number; one at a time for each.</summary>
    public Dictionary<int, AgentFault> Now { get; } = [];

    /// <summary>A round without a quorum is begun again under its old number; it brings no fault twice.</summary>
    public void BeginRound(long round, bool mayDraw)
    {
        foreach (var over in Now.Where(f => f.Value.Until <= round).Select(f => f.Key).ToList())
        {
            Now.Remove(over);
        }

        if (round > _begun)
        {
            _begun = round;
            foreach (var fault in plan.Schedule.Where(f => f.Round == round))
            {
                var agent = cluster.NumberOf(fault.Agent);
                Begin(agent, fault.Kind, round, fault.Rounds, Draws(round, agent));
            }
        }

        if (mayDraw && round > _drawn)
        {
            _drawn = round;
            Draw(round);
        }
    }

    private void Draw(long round)
    {
        var most = plan.MaxFaulty ?? Membership.Largest(cluster.Agents.Count).Faults;
        if (Draws(round, NoAgent).NextDouble() < plan.FaultInjectionRate && Now.Count < most)
        {
            var sound = Enumerable.Range(0, cluster.Agents.Count).Where(a => !Now.ContainsKey(a)).Select(a => (Agent: a, Draws: Draws(round, a)));
            var (agent, draws) = sound.MinBy(a => a.Draws.NextDouble());
            Begin(agent, Kind(draws), round, draws.Next(plan.MinRounds, plan.MaxRounds + 1), draws);
        }
    }

    private void Begin(int agent, string kind, long round, int rounds, Random draws)
    {
        var fault = new AgentFault(agent, cluster.Agents[agent].Name, kind, round, round + rounds, draws.Next(MaxHeard));
        Now[agent] = fault;
        _all.Add(fault);
    }

    private string Kind(Random draws)
    {
        var draw = draws.NextDouble();
        return draw < plan.ByzantineProbability ? AgentFaultKinds.Byzantine[draws.Next(AgentFaultKinds.Byzantine.Count)]
            : (draw -= plan.ByzantineProbability) < plan.CrashProbability ? AgentFaultKinds.Crash
            : draw - plan.CrashProbability < plan.NetworkPartitionRate ? AgentFaultKinds.Partition
            : draws.Next(2) == 0 ? AgentFaultKinds.Slow : AgentFaultKinds.Corruption;
    }

    private Random Draws(long round, int agent)
    {
        var mixed = SplitMix.Of(SplitMix.Of(SplitMix.Of(unchecked((uint)seed)) + (ulong)round) + unchecked((uint)agent));
        return new Random((int)(mixed >> 33));
    }
}

/// <summary>A fault of one agent. Heard: messages it still gets before it crashes.</summary>
internal sealed record AgentFault(int Agent, string Name, string Kind, long Round, long Until, int Heard);
