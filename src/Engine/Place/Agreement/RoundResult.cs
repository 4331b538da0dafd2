using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Votes;
using Quorate.Protocol.Consensus;

namespace Quorate.Engine.Place.Agreement;

/// <summary>What came of putting one record before the agents.</summary>
public sealed record RoundResult
{
    public required PlacementRecord Record { get; init; }

    /// <summary>Decided since the last record, in order, each with what proves it: usually this record alone; none when no quorum decided in time.</summary>
    public required IReadOnlyList<(Item Item, QuorumCertificate Certificate)> Decided { get; init; }

    /// <summary>Signed ballots that reached anyone, by the agent's number; of an agent that signed two, the first.</summary>
    public required IReadOnlyDictionary<int, Ballot> Ballots { get; init; }

    /// <summary>How votes came about, where agents tell, by the agent's number.</summary>
    public required IReadOnlyDictionary<int, CastBallot> Cast { get; init; }

    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>Milliseconds on the group's clock from asking to the first proof of a decision, or to giving up.</summary>
    public required double ElapsedMs { get; init; }

    /// <summary>The view it was decided in; more than the round before when a leader was replaced.</summary>
    public required ulong View { get; init; }
}
