using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Agreement;
using Quorate.Protocol.Consensus;

namespace Quorate.Tests.Simulation.Place;

/// <summary>
/// Takes agents out for some of the questions, answered or not: a round without a quorum is asked again and has the same number.
/// What else befalls the agents comes from another source.
/// </summary>
/// <param name="agents">Numbers of the agents.</param>
/// <param name="first">First question that they miss, from 1.</param>
/// <param name="questions">How many.</param>
/// <param name="crash">They lose their memory; otherwise they are cut off from all.</param>
/// <param name="others">The other faults.</param>
internal sealed class Outage(IReadOnlyCollection<int> agents, int first, int questions, bool crash, IAgentFaults? others = null) : IAgentFaults
{
    private readonly IAgentFaults _others = others ?? new NoFaults();
    private int _asked;

    public IReadOnlyList<InjectedFault> Injected => _others.Injected;

    private bool IsNow => _asked >= first && _asked < first + questions;

    public void BeginRound(PlacementRecord record)
    {
        _asked++;
        _others.BeginRound(record);
    }

    public bool IsDown(int agent, int delivered) => (crash && IsNow && agents.Contains(agent)) || _others.IsDown(agent, delivered);

    public Ballot? Bend(int agent, PlacementRecord record, Ballot honest) => _others.Bend(agent, record, honest);

    public double SlownessOf(int agent) => _others.SlownessOf(agent);

    public IEnumerable<(long DelayMs, byte[] Bytes)> Carry((int Agent, ConsensusContext Context) from, int to, Message message, long linkMs) =>
        !crash && IsNow && (agents.Contains(from.Agent) || agents.Contains(to)) ? [] : _others.Carry(from, to, message, linkMs);
}
