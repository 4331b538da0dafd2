using Quorate.Contracts.Placing;
using Quorate.Protocol.Consensus;

namespace Quorate.Engine.Place.Agreement;

/// <summary>What befalls agents and their links. The real thing is <see cref="NoFaults"/>; drills put something else in its place.</summary>
public interface IAgentFaults
{
    /// <summary>What was done so far, in its order.</summary>
    IReadOnlyList<InjectedFault> Injected { get; }

    /// <summary>Before a round begins.</summary>
    void BeginRound(PlacementRecord record);

    /// <summary>The agent's process is gone at this moment of the round.</summary>
    /// <param name="agent">Number of the agent.</param>
    /// <param name="delivered">Messages delivered in the round so far.</param>
    bool IsDown(int agent, int delivered);

    /// <summary>What the agent really signs; null: nothing.</summary>
    Ballot? Bend(int agent, PlacementRecord record, Ballot honest);

    /// <summary>What really arrives of a message, each with a delay in milliseconds added to the link's.</summary>
    /// <param name="from">Who sends, with the key to sign what it makes up.</param>
    /// <param name="to">Number of the receiver.</param>
    /// <param name="message">What it sends.</param>
    /// <param name="linkMs">The link's latency.</param>
    IEnumerable<(long DelayMs, byte[] Bytes)> Carry((int Agent, ConsensusContext Context) from, int to, Message message, long linkMs);

    /// <summary>Calls of models take this many times as long.</summary>
    double SlownessOf(int agent);
}

/// <summary>Agents and links as they should be.</summary>
public sealed class NoFaults : IAgentFaults
{
    public IReadOnlyList<InjectedFault> Injected => [];

    public void BeginRound(PlacementRecord record)
    {
    }

    public bool IsDown(int agent, int delivered) => false;

    public Ballot? Bend(int agent, PlacementRecord record, Ballot honest) => honest;

    public IEnumerable<(long DelayMs, byte[] Bytes)> Carry((int Agent, ConsensusContext Context) from, int to, Message message, long linkMs) => [(0, message.Encoded.ToArray())];

    public double SlownessOf(int agent) => 1;
}
