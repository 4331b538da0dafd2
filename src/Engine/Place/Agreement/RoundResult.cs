using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Votes;
using Quorate.Protocol.Consensus;

namespace Quorate.Engine.Place.Agreement;

/// <summary>What came of putting one record before the agents.</summary>
public sealed record RoundResult
{
    public required PlacementRecord Record { get; init; }

    /// <summary>The client's number of the question.</summary>
    public ulong Question { get; init; }

    /// <summary>Decided since the last record, in order, each with what proves it: usually this record alone; none when no quorum decided in time.</summary>
    public required IReadOnlyList<(Item Item, QuorumCertificate Certificate)> Decided { get; init; }

    /// <summary>Signed ballots that reached anyone, by the agent's number; of an agent that signed two, the first.</summary>
    public required IReadOnlyDictionary<int, Ballot> Ballots { get; init; }

    /// <summary>Numbers of the agents that signed anything in the round, a ballot or a part in the agreement, and reached anyone.</summary>
    public IReadOnlySet<int> Heard { get; init; } = new HashSet<int>();

    /// <summary>How votes came about, where agents tell, by the agent's number.</summary>
    public required IReadOnlyDictionary<int, CastBallot> Cast { get; init; }

    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>Milliseconds on the group's clock from asking to the first proof of a decision, or to giving up.</summary>
    public required double ElapsedMs { get; init; }

    /// <summary>Why the agents' messages did not travel when the round began or ended; null when they did.</summary>
    public string? Trouble { get; init; }

    /// <summary>The view it was decided in; more than the round before when a leader was replaced.</summary>
    public required ulong View { get; init; }

    /// <summary>A model had a say in it.</summary>
    public bool IsByModels => Ballots.Values.Any(b => b.Votes.Any(v => v.Source == VoteSource.Llm));

    /// <summary>The same round as a decided item tells it: one that no quorum answered in time may be decided after all, when it has been asked anew.</summary>
    public RoundResult Of(Item item, PlacementRecord record) => item.Request.Sequence == Question ? this : this with
    {
        Record = record,
        Question = item.Request.Sequence,
        Ballots = BallotsOf(item),
        Cast = new Dictionary<int, CastBallot>(),
    };

    /// <summary>A round as its certificate tells it, long after.</summary>
    internal static RoundResult Recalled(Item item, QuorumCertificate certificate, PlacementRecord record) => new()
    {
        Record = record,
        Question = item.Request.Sequence,
        Decided = [(item, certificate)],
        Ballots = BallotsOf(item),
        Cast = new Dictionary<int, CastBallot>(),
        Findings = [],
        ElapsedMs = 0,
        View = certificate.View,
    };

    private static Dictionary<int, Ballot> BallotsOf(Item item) =>
        item.Opinions.Select(o => (o.Author, Ballot: Ballot.TryParse(o.Value))).Where(b => b.Ballot is not null).ToDictionary(b => b.Author, b => b.Ballot!);
}
