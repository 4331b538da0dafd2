using System.Security.Cryptography;
using System.Text;
using Quorate.Contracts;
using Quorate.Contracts.Coordination;

namespace Quorate.Protocol.Auction;

/// <summary>A bid that takes part in the comparison.</summary>
public sealed record OpenBid(string Agent, AgentBid Bid, TrackRecord Track);

/// <summary>
/// The third and fourth phase: a second-score auction (Che, Design Competition through Multidimensional Auctions, RAND Journal of
/// Economics 24, 1993). Each bid is scored alone, on scales that the task fixes, and its score falls in a straight line with its cost;
/// the best score wins and is paid the cost at which it would equal the second. So no bidder gains by asking for another cost than its own.
/// </summary>
public static class BidEvaluation
{
    /// <param name="auctionId">Breaks ties.</param>
    /// <param name="task">Checked already (<see cref="AuctionRules.Check(AuctionTask)"/>).</param>
    /// <param name="bids">Without a problem of their own; one for each agent, in any order.</param>
    /// <param name="past">Earlier auctions, oldest first.</param>
    /// <param name="excluded">Agents whose bids were left out before.</param>
    /// <param name="evidence">What was found against agents before.</param>
    public static AuctionOutcome Evaluate(
        string auctionId, AuctionTask task, IReadOnlyList<OpenBid> bids, IReadOnlyList<PastAuction> past,
        IReadOnlyList<ExcludedBid>? excluded = null, IReadOnlyList<AuctionEvidence>? evidence = null)
    {
        var context = new Context(task, Criteria.Normalise(task.CriteriaWeights), new PastAuctions(past), new Novelty(past.Where(p => p.Winner is not null).Select(p => p.Approach)));
        var standings = new List<Standing>(bids.Count);
        var left = new List<ExcludedBid>(excluded ?? []);
        foreach (var bid in bids)
        {
            var capability = TrackRecords.Assess(bid.Track, task.Requirements, context.Past.Defaults(bid.Agent));
            if (FindExclusion(bid, capability, task.Requirements) is { } reason)
            {
                left.Add(reason);
            }
            else
            {
                standings.Add(Score(bid, capability, context));
            }
        }

        standings.Sort((a, b) => Compare(auctionId, a, b));
        left.Sort((a, b) => string.CompareOrdinal(a.Agent, b.Agent));
        var outcome = new AuctionOutcome
        {
            Ranking = [.. standings.Select(s => s.Bid.Agent)],
            Scores = standings.ToDictionary(s => s.Bid.Agent, s => s.Scores),
            Capabilities = standings.ToDictionary(s => s.Bid.Agent, s => s.Capability),
            Excluded = left,
            Evidence = evidence ?? [],
        };
        return standings.Count > 0 ? Award(outcome, standings, context) : outcome with
        {
            Reason = left.Count == 0 ? "nobody takes part" : $"none of {Counted.Of(left.Count, "agent")} made a bid that counts",
        };
    }

    private static AuctionOutcome Award(AuctionOutcome outcome, List<Standing> standings, Context context)
    {
        var (winner, second) = (standings[0], standings.Count > 1 ? standings[1] : null);
        return outcome with
        {
            Winner = winner.Bid.Agent,
            Bid = winner.Bid.Bid,
            RunnerUp = second?.Bid.Agent,
            Price = PriceOf(winner, second, context),
            Risk = RiskAssessment.Explain(winner.Risk, winner.Bid.Bid, winner.Bid.Track, context.Past, winner.Bid.Agent),
        };
    }

    /// <summary>The cost at which the winner's score would equal the second one; the reserve when that is more, when there is no second, or when cost does not count.</summary>
    private static double PriceOf(Standing winner, Standing? second, Context context)
    {
        var reserve = context.Task.Requirements.MaxCost;
        if (second is null || context.CostShare == 0)
        {
            return reserve;
        }

        var cost = reserve * (1 - ((second.Scores.Overall - winner.WithoutCost) / context.CostShare));
        // The winner's own cost bounds the price from below; only rounding can miss it.
        return Math.Min(Math.Max(cost, winner.Bid.Bid.Cost), reserve);
    }

    private static Standing Score(OpenBid open, AgentCapability capability, Context context)
    {
        var (needs, bid, weights) = (context.Task.Requirements, open.Bid, context.Weights);
        var duration = 1 - (bid.DurationS / needs.MaxDurationS);
        var cost = 1 - (bid.Cost / needs.MaxCost);
        var quality = (capability.Quality - needs.MinQuality) / (1 - needs.MinQuality);
        var performance = needs.TargetThroughput is { } target ? (duration + Math.Min(1, capability.Throughput!.Value / target)) / 2 : duration;
        var innovation = context.Novelty.Of(bid.Approach);
        var risk = RiskAssessment.Of(bid, open.Track, capability, context.Past, open.Agent);
        var others = (weights.Quality * quality) + (weights.Performance * performance) + (weights.Reliability * capability.Reliability) + (weights.Innovation * innovation);
        var withoutCost = (context.MeritShare * others) + (context.Task.RiskWeight * (1 - risk.Overall));
        // The weights' sum may miss 1 by a rounding.
        var overall = Math.Min(1, withoutCost + (context.CostShare * cost));
        return new Standing(open, capability, risk, withoutCost, new BidScores(overall, cost, quality, performance, capability.Reliability, innovation, risk.Overall));
    }

    private static ExcludedBid? FindExclusion(OpenBid open, AgentCapability capability, AuctionRequirements needs)
    {
        var (agent, bid) = (open.Agent, open.Bid);
        return needs.Skill is { } skill && open.Track.Skill is null ? new ExcludedBid(agent, ExclusionReason.LacksSkill, $"it has no skill '{skill}'")
            : capability.Quality < needs.MinQuality ? new ExcludedBid(agent, ExclusionReason.LowQuality, $"its expected quality is {capability.Quality:0.###}; at least {needs.MinQuality:0.###} is required")
            : bid.DurationS > needs.MaxDurationS ? new ExcludedBid(agent, ExclusionReason.TooSlow, $"it needs {bid.DurationS:0.###} s; at most {needs.MaxDurationS:0.###} s are allowed")
            : bid.Cost > needs.MaxCost ? new ExcludedBid(agent, ExclusionReason.AboveReserve, $"it asks {bid.Cost:0.###}; the reserve is {needs.MaxCost:0.###}")
            : null;
    }

    /// <summary>The better first. Equal scores: by SHA-256 over auction and name, so that no name wins all ties; then by name.</summary>
    private static int Compare(string auctionId, Standing a, Standing b)
    {
        var byScore = b.Scores.Overall.CompareTo(a.Scores.Overall);
        if (byScore != 0)
        {
            return byScore;
        }

        var byHash = TieHash(auctionId, a.Bid.Agent).AsSpan().SequenceCompareTo(TieHash(auctionId, b.Bid.Agent));
        return byHash != 0 ? byHash : string.CompareOrdinal(a.Bid.Agent, b.Bid.Agent);
    }

    private static byte[] TieHash(string auctionId, string agent) => SHA256.HashData(Encoding.UTF8.GetBytes($"{auctionId}\0{agent}"));

    private sealed record Standing(OpenBid Bid, AgentCapability Capability, RiskLevels Risk, double WithoutCost, BidScores Scores);

    private sealed record Context(AuctionTask Task, Criteria Weights, PastAuctions Past, Novelty Novelty)
    {
        /// <summary>Of the criteria in the overall score.</summary>
        public double MeritShare { get; } = 1 - Task.RiskWeight;

        /// <summary>Of the cost's score in the overall score: what a bid loses from cost 0 up to the reserve.</summary>
        public double CostShare { get; } = (1 - Task.RiskWeight) * Weights.Cost;
    }
}
