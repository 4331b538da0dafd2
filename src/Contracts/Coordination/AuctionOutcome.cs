namespace Quorate.Contracts.Coordination;

/// <summary>What follows from the sealed bids that were opened.</summary>
public sealed record AuctionOutcome
{
    public string? Winner { get; init; }
    public AgentBid? Bid { get; init; }

    /// <summary>What the winner is paid, in the unit of the reserve.</summary>
    public double? Price { get; init; }
    public string? RunnerUp { get; init; }

    /// <summary>Why there is no winner.</summary>
    public string? Reason { get; init; }

    /// <summary>Agents whose bids count, the best first.</summary>
    public required IReadOnlyList<string> Ranking { get; init; }
    public required IReadOnlyDictionary<string, BidScores> Scores { get; init; }
    public required IReadOnlyDictionary<string, AgentCapability> Capabilities { get; init; }
    public AuctionRisk? Risk { get; init; }
    public required IReadOnlyList<ExcludedBid> Excluded { get; init; }
    public required IReadOnlyList<AuctionEvidence> Evidence { get; init; }
}

/// <summary>Each from 0 to 1; more is better, but of Risk.</summary>
public sealed record BidScores(double Overall, double Cost, double Quality, double Performance, double Reliability, double Innovation, double Risk);

/// <summary>What is expected of an agent. Confidence: 0 to 1, the share of history in the estimate; ReliabilityLower: with 95 % credibility it succeeds at least as often.</summary>
public sealed record AgentCapability(double Quality, double QualityConfidence, double ThroughputConfidence, double Reliability, double ReliabilityLower, double? Throughput = null);

/// <summary>Risk of giving the task to the winner. Level: 0 to 1; Grade: low, medium or high.</summary>
public sealed record AuctionRisk(double Level, string Grade, IReadOnlyList<RiskFactor> Factors);

/// <summary>One cause of risk. Remedy: what would lower it.</summary>
public sealed record RiskFactor(string Name, double Level, string Grade, string Reason, string Remedy);

/// <summary>A bid that does not count, or an agent without one.</summary>
public sealed record ExcludedBid(string Agent, string Reason, string Detail);

/// <summary>Why a bid does not count.</summary>
public static class ExclusionReason
{
    public const string NoBid = "no_bid";
    public const string InvalidBid = "invalid_bid";
    public const string LacksSkill = "lacks_skill";
    public const string LowQuality = "below_min_quality";
    public const string TooSlow = "too_slow";
    public const string AboveReserve = "above_reserve";
    public const string DoubleBid = "double_bid";
    public const string NotRevealed = "not_revealed";
    public const string RevealMismatch = "reveal_mismatch";
}

/// <summary>A broken rule and the accused's own signatures: two contradicting ones, or one whose consequence the quorum missed.</summary>
public sealed record AuctionEvidence(string Kind, string Agent, string Detail, SignedHash First, SignedHash? Second = null);

/// <summary>What was signed. Statement: commitment, reveal or proposal.</summary>
public sealed record SignedHash(string Statement, string Hash, string Signature);
