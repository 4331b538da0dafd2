using Quorate.Contracts.Placing;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Messaging;

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

    /// <summary>What really arrives of a message of consensus, each with a delay in milliseconds added to the link's.</summary>
    /// <param name="from">Who sends, with the key to sign what it makes up.</param>
    /// <param name="to">Number of the receiver.</param>
    /// <param name="message">What it sends.</param>
    /// <param name="linkMs">The link's latency.</param>
    IEnumerable<(long DelayMs, byte[] Bytes)> Carry((int Agent, ConsensusContext Context) from, int to, Message message, long linkMs);

    /// <summary>What an agent really says to another when it means to tell its ballot; nothing, or several things, when it lies.</summary>
    /// <param name="from">Who says it, with the key to sign what it makes up.</param>
    /// <param name="to">Number of the receiver.</param>
    /// <param name="own">The ballot that it signed.</param>
    IEnumerable<byte[]> Tell((int Agent, ConsensusContext Context) from, int to, Opinion own);

    /// <summary>What happens to a message of the bus, or its receipt, on its way, each time that it is sent. Called by several threads.</summary>
    /// <param name="from">Number of the sender; −1: the engine.</param>
    /// <param name="to">Number of the receiver; −1: the engine.</param>
    /// <param name="linkMs">The link's latency.</param>
    Passage Pass(int from, int to, long linkMs);

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

    public IEnumerable<byte[]> Tell((int Agent, ConsensusContext Context) from, int to, Opinion own) => [own.Encoded.ToArray()];

    public Passage Pass(int from, int to, long linkMs) => new(linkMs);

    public double SlownessOf(int agent) => 1;
}
