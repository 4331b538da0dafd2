namespace Quorate.Contracts.Coordination;

/// <summary>What is auctioned (docs/schemas/auction-task.json).</summary>
public sealed record AuctionTask
{
    /// <summary>Letters, digits, dot, underscore and hyphen.</summary>
    public required string Name { get; init; }

    public required AuctionRequirements Requirements { get; init; }

    /// <summary>By cost, quality, performance, reliability or innovation; what is absent weighs nothing. Divided by their sum, which is above 0.</summary>
    public required IReadOnlyDictionary<string, double> CriteriaWeights { get; init; }

    /// <summary>Share of the overall score that being without risk makes up; 0 to 0.5.</summary>
    public double RiskWeight { get; init; } = 0.1;
}

/// <summary>What a bid must keep to; the scales of the scores.</summary>
public sealed record AuctionRequirements
{
    /// <summary>The reserve: no bid above it is taken and no price exceeds it; above 0.</summary>
    public required double MaxCost { get; init; }

    /// <summary>Seconds; above 0.</summary>
    public required double MaxDurationS { get; init; }

    /// <summary>Predicted quality below which an agent is out; 0 up to, not including, 1.</summary>
    public double MinQuality { get; init; }

    /// <summary>Work in a second that earns full marks, in the unit of the agents' histories; above 0. Null: only the duration counts.</summary>
    public double? TargetThroughput { get; init; }

    /// <summary>A skill that a bidder must have; its level is the expected quality before any history.</summary>
    public string? Skill { get; init; }
}
