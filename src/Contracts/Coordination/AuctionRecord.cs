namespace Quorate.Contracts.Coordination;

/// <summary>An auction with everything its outcome follows from, so that anyone can compute it again. Canonical (RFC 8785).</summary>
public sealed record AuctionRecord
{
    public const string Form = "quorate/auction-record/v1";

    public required string Kind { get; init; }
    public required string AuctionId { get; init; }
    public required AuctionTask Task { get; init; }

    /// <summary>Ordered by name.</summary>
    public required IReadOnlyList<AuctionParticipant> Participants { get; init; }

    /// <summary>Earlier auctions, oldest first.</summary>
    public required IReadOnlyList<PastAuction> Past { get; init; }
    public required AuctionOutcome Outcome { get; init; }
}

/// <summary>One agent's part. PublicKey: P-256 SubjectPublicKeyInfo, base64; Commitments: in their hashes' order, two when it bid twice.</summary>
public sealed record AuctionParticipant(string Name, string PublicKey, TrackRecord Track, IReadOnlyList<SignedCommitment> Commitments, SignedReveal? Reveal = null);

/// <summary>A sealed bid. Hash: SHA-256 in hex; Signature: ECDSA P-256 in base64.</summary>
public sealed record SignedCommitment(string Hash, string Signature);

/// <summary>A sealed bid opened. Nonce: 32 bytes in hex.</summary>
public sealed record SignedReveal(AgentBid Bid, string Nonce, string Signature);

/// <summary>What an agent's history comes down to.</summary>
public sealed record TrackRecord
{
    public required int Succeeded { get; init; }
    public required int Failed { get; init; }

    /// <summary>Exponentially weighted, and of how many equally weighted tasks it is worth.</summary>
    public double? QualityMean { get; init; }
    public double QualityCount { get; init; }
    public double? ThroughputMean { get; init; }
    public double ThroughputCount { get; init; }

    /// <summary>Its level of the task's skill; null when it has none or none is asked for.</summary>
    public double? Skill { get; init; }

    /// <summary>SHA-256 of the canonical history, in hex.</summary>
    public required string HistoryHash { get; init; }
}

/// <summary>What later auctions need to know of one. Approach: the winner's; Defaulted: agents that broke its rules, by signatures of their own.</summary>
public sealed record PastAuction(IReadOnlyList<string> Approach, IReadOnlyList<string> Defaulted, string? Winner = null);

/// <summary>What the members sign: the outcome in short and the hash of the whole record. Canonical (RFC 8785).</summary>
public sealed record AuctionDecision
{
    public const string Form = "quorate/auction/v1";

    public required string Kind { get; init; }
    public required string AuctionId { get; init; }
    public required string Task { get; init; }
    public required double Reserve { get; init; }

    /// <summary>Asked to bid.</summary>
    public required int Agents { get; init; }

    /// <summary>Bids that count.</summary>
    public required int Bids { get; init; }
    public string? Winner { get; init; }

    /// <summary>What the winner asked.</summary>
    public double? Cost { get; init; }

    /// <summary>What the winner is paid.</summary>
    public double? Price { get; init; }
    public string? RunnerUp { get; init; }

    /// <summary>Why there is no winner.</summary>
    public string? Reason { get; init; }

    /// <summary>SHA-256 of the canonical <see cref="AuctionRecord"/>, in hex.</summary>
    public required string RecordHash { get; init; }
}
