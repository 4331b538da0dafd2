using System.Text.Json.Serialization;
using Quorate.Contracts.Provenance;

namespace Quorate.Contracts.Coordination;

/// <summary>An auction from its call to its certificate.</summary>
public sealed record AuctionResult
{
    public required string AuctionId { get; init; }
    public required string Task { get; init; }

    /// <summary>Null: nobody; <see cref="Reason"/> says why.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Winner { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public AgentBid? Bid { get; init; }

    /// <summary>What the winner is paid, in the unit of the reserve.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public double? Price { get; init; }
    public required double Reserve { get; init; }
    public string? RunnerUp { get; init; }
    public string? Reason { get; init; }

    /// <summary>The best first.</summary>
    public required IReadOnlyList<string> Ranking { get; init; }
    public required IReadOnlyDictionary<string, BidScores> Scores { get; init; }
    public required IReadOnlyDictionary<string, AgentCapability> Capabilities { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public AuctionRisk? Risk { get; init; }
    public required IReadOnlyList<ExcludedBid> Excluded { get; init; }

    /// <summary>Against bidders and auctioneers.</summary>
    public required IReadOnlyList<AuctionEvidence> Evidence { get; init; }

    /// <summary>Who proposed a record, in turn; the last one's was accepted, unless there is no certificate.</summary>
    public required IReadOnlyList<AuctioneerTurn> Auctioneers { get; init; }

    /// <summary>Agents that may sign, and how many of them may lie.</summary>
    public required int Members { get; init; }
    public required int MaxLiars { get; init; }
    public required IReadOnlyList<AuctionPhase> Phases { get; init; }

    /// <summary>Errors of agents that could not bid, by name.</summary>
    public required IReadOnlyDictionary<string, string> Failures { get; init; }

    /// <summary>What later auctions need to know of this one.</summary>
    public required PastAuction Past { get; init; }

    /// <summary>SHA-256 of the canonical record, in hex.</summary>
    public required string RecordHash { get; init; }
    public AuctionRecord? Record { get; init; }

    /// <summary>Null: no quorum, so that nothing is decided.</summary>
    public OutcomeCertificate? Certificate { get; init; }
}

/// <summary>One auctioneer's proposal. Problem: what is wrong with it; null when it was accepted.</summary>
public sealed record AuctioneerTurn(string Agent, bool Accepted, string? Problem);

/// <summary>One of the four phases: capabilities, bids, evaluation, award.</summary>
public sealed record AuctionPhase(string Name, double Ms, string Summary);
