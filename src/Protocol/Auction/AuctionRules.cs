using Quorate.Contracts;
using Quorate.Contracts.Coordination;

namespace Quorate.Protocol.Auction;

/// <summary>What tasks and bids may hold.</summary>
public static class AuctionRules
{
    public const double MaxCost = 1e12;

    /// <summary>Ten years, in seconds.</summary>
    public const double MaxSeconds = 315_360_000;
    public const double MaxThroughput = 1e12;

    /// <summary>Largest share that risk may have in the overall score.</summary>
    public const double MaxRiskWeight = 0.5;

    /// <summary>Shares of its capacity that a bid may claim.</summary>
    public const double MaxLoad = 1_000;
    public const int MaxApproach = 32;

    /// <summary>Characters of one entry of an approach.</summary>
    public const int MaxWord = 64;

    /// <exception cref="QuorateException">Input, auction_task_invalid: names the field, its value and what is allowed.</exception>
    public static void Check(AuctionTask task)
    {
        var needs = task.Requirements;
        _ = Criteria.Normalise(task.CriteriaWeights);
        CheckName("name", task.Name);
        Check("requirements.max_cost", needs.MaxCost, needs.MaxCost is > 0 and <= MaxCost, $"a number above 0, at most {MaxCost},");
        Check("requirements.max_duration_s", needs.MaxDurationS, needs.MaxDurationS is > 0 and <= MaxSeconds, $"a number above 0, at most {MaxSeconds},");
        Check("requirements.min_quality", needs.MinQuality, needs.MinQuality is >= 0 and < 1, "a number from 0 up to, not including, 1");
        Check("requirements.target_throughput", needs.TargetThroughput ?? 1, needs.TargetThroughput is null or (> 0 and <= MaxThroughput), $"a number above 0, at most {MaxThroughput},");
        Check("risk_weight", task.RiskWeight, task.RiskWeight is >= 0 and <= MaxRiskWeight, $"a number from 0 to {MaxRiskWeight}");
        if (needs.Skill is { } skill)
        {
            CheckName("requirements.skill", skill);
        }
    }

    /// <summary>Null for a bid that can be compared, otherwise what is wrong with it.</summary>
    public static string? FindProblem(AgentBid bid) =>
        bid.Cost is not (>= 0 and <= MaxCost) ? $"cost is {bid.Cost}; a number from 0 to {MaxCost} is allowed"
        : bid.DurationS is not (> 0 and <= MaxSeconds) ? $"duration_s is {bid.DurationS}; a number above 0, at most {MaxSeconds}, is allowed"
        : bid.Load is not (>= 0 and <= MaxLoad) ? $"load is {bid.Load}; a number from 0 to {MaxLoad} is allowed"
        : bid.Approach is null || bid.Approach.Count > MaxApproach || bid.Approach.Any(a => a is not { Length: > 0 and <= MaxWord })
            ? $"approach is no list of at most {MaxApproach} texts of 1 to {MaxWord} characters"
        : null;

    internal static QuorateException Wrong(string message) => QuorateException.Input("auction_task_invalid", message, "docs/schemas/auction-task.json says what a task holds");

    private static void Check(string field, double value, bool allowed, string rule)
    {
        if (!allowed)
        {
            throw Wrong($"{field} is {value}; {rule} is allowed");
        }
    }

    private static void CheckName(string field, string name)
    {
        if (!NameRule.IsName(name))
        {
            throw Wrong($"{field} is '{PlainText.Line(name, 60)}'; {NameRule.Allowed}");
        }
    }
}
