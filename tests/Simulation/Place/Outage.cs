using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Agreement;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Messaging;

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
        !crash && IsOut(from.Agent, to) ? [] : _others.Carry(from, to, message, linkMs);

    public IEnumerable<byte[]> Tell((int Agent, ConsensusContext Context) from, int to, Opinion own) => _others.Tell(from, to, own);

    public Passage Pass(int from, int to, long linkMs) => IsOut(from, to) ? new Passage(0, IsLost: true) : _others.Pass(from, to, linkMs);

    private bool IsOut(int from, int to) => IsNow && (agents.Contains(from) || agents.Contains(to));
}
