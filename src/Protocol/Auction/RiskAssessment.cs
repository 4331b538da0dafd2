using System.Runtime.InteropServices;
using Quorate.Contracts;
using Quorate.Contracts.Coordination;

namespace Quorate.Protocol.Auction;

/// <summary>Levels of the causes of risk, 0 to 1 each. None depends on the cost that a bid asks, or bidding the true one would not pay.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct RiskLevels(double Overcommitment, double LowHistory, double Concentration, double PastDefault)
{
    /// <summary>Their weighted mean.</summary>
    public double Overall => (0.35 * Overcommitment) + (0.2 * LowHistory) + (0.15 * Concentration) + (0.3 * PastDefault);
}

/// <summary>How risky it is to give a task to an agent, and what would lower that.</summary>
public static class RiskAssessment
{
    /// <summary>From here on a level is medium.</summary>
    public const double Medium = 0.25;

    /// <summary>From here on a level is high.</summary>
    public const double High = 0.6;

    /// <summary>Load up to which an agent has room for what it did not foresee.</summary>
    public const double SafeLoad = 0.7;

    /// <summary>Load from which it cannot do what it promised.</summary>
    public const double FullLoad = 1.2;

    /// <summary>Finished tasks that halve the risk of a low history.</summary>
    public const int HalfHistory = 5;

    /// <summary>Fewest auctions that a share of wins is taken of.</summary>
    public const int FewestAuctions = 5;

    private const int MaxCounted = 500;

    internal static RiskLevels Of(AgentBid bid, TrackRecord track, AgentCapability capability, PastAuctions past, string agent) => new(
        Math.Clamp((bid.Load - SafeLoad) / (FullLoad - SafeLoad), 0, 1),
        LowHistory(track.Succeeded + track.Failed),
        past.Wins(agent) / (double)Math.Max(past.Recent, FewestAuctions),
        track.Failed + past.Defaults(agent) > 0 ? 1 - capability.ReliabilityLower : 0);

    internal static AuctionRisk Explain(RiskLevels levels, AgentBid bid, TrackRecord track, PastAuctions past, string agent)
    {
        var (tasks, defaults) = (track.Succeeded + track.Failed, past.Defaults(agent));
        var toHistory = CountUntil(m => LowHistory(tasks + m) < Medium);
        var toTrust = CountUntil(m => 1 - new BetaPosterior(track.Succeeded + m, track.Failed + defaults).Lower() < Medium);
        return new AuctionRisk(levels.Overall, GradeOf(levels.Overall),
        [
            Factor("overcommitment", levels.Overcommitment, $"the task takes {bid.Load:0.##} of its capacity", $"a load of at most {SafeLoad:0.##}"),
            Factor("low_history", levels.LowHistory, $"{Counted.Of(tasks, "finished task is", "finished tasks are")} known", $"{toHistory} more finished tasks make it low"),
            Factor("concentration", levels.Concentration, $"it won {past.Wins(agent)} of the last {Counted.Of(past.Recent, "auction")}", "auctions that others win"),
            Factor("past_default", levels.PastDefault, $"{Counted.Of(track.Failed, "task")} failed, {Counted.Of(defaults, "bid")} broke the rules", $"{toTrust} more tasks without failure make it low"),
        ]);
    }

    public static string GradeOf(double level) => level < Medium ? "low" : level < High ? "medium" : "high";

    private static double LowHistory(int tasks) => HalfHistory / (double)(HalfHistory + tasks);

    private static RiskFactor Factor(string name, double level, string reason, string remedy) =>
        new(name, level, GradeOf(level), reason, level == 0 ? "nothing is needed" : GradeOf(level) == "low" ? "it is low already" : remedy);

    private static string CountUntil(Func<int, bool> isLow)
    {
        var (low, high) = (0, MaxCounted);
        if (!isLow(high))
        {
            return $"over {MaxCounted}";
        }

        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = isLow(middle) ? (low, middle) : (middle + 1, high);
        }

        return low.ToString();
    }
}

/// <summary>Earlier auctions, counted by agent.</summary>
internal sealed class PastAuctions
{
    /// <summary>Newest auctions in which wins count as concentration.</summary>
    public const int Window = 20;

    private readonly Dictionary<string, int> _wins = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _defaults = new(StringComparer.Ordinal);

    public PastAuctions(IReadOnlyList<PastAuction> past)
    {
        Recent = Math.Min(past.Count, Window);
        foreach (var winner in past.Skip(past.Count - Recent).Select(p => p.Winner).OfType<string>())
        {
            _wins[winner] = Wins(winner) + 1;
        }

        foreach (var agent in past.SelectMany(p => p.Defaulted.Distinct(StringComparer.Ordinal)))
        {
            _defaults[agent] = Defaults(agent) + 1;
        }
    }

    /// <summary>Auctions that <see cref="Wins"/> is of.</summary>
    public int Recent { get; }

    public int Wins(string agent) => _wins.GetValueOrDefault(agent);

    public int Defaults(string agent) => _defaults.GetValueOrDefault(agent);
}
