using Quorate.Contracts.Coordination;
using Quorate.Protocol.Auction;

namespace Quorate.Tests.Unit.Auctions;

/// <summary>An auction without its seals.</summary>
internal sealed record RandomAuction(string Id, AuctionTask Task, IReadOnlyList<OpenBid> Bids, IReadOnlyList<PastAuction> Past)
{
    public double Reserve => Task.Requirements.MaxCost;

    public AuctionOutcome Evaluate() => BidEvaluation.Evaluate(Id, Task, Bids, Past);

    public RandomAuction With(int bidder, double cost) =>
        this with { Bids = [.. Bids.Select((b, i) => i == bidder ? b with { Bid = b.Bid with { Cost = cost } } : b)] };
}

/// <summary>Seeded auctions of all kinds: one bidder or many, equal bids, zero weights, bids above the reserve.</summary>
internal static class RandomAuctions
{
    private static readonly string[] Words = ["shadow", "index", "parallel", "shards", "stream", "backfill", "snapshot", "verify"];

    public static RandomAuction Next(int seed)
    {
        var random = new Random(seed);
        var weights = Criteria.Names.ToDictionary(n => n, _ => random.Next(4) == 0 ? 0 : random.NextDouble() * 10);
        if (weights.Values.Sum() == 0)
        {
            weights["cost"] = 1;
        }

        var task = new AuctionTask
        {
            Name = "task",
            Requirements = new AuctionRequirements
            {
                MaxCost = Math.Pow(10, random.Next(-2, 6)) * (1 + random.NextDouble()),
                MaxDurationS = 1 + (random.NextDouble() * 5000),
                MinQuality = random.Next(3) == 0 ? random.NextDouble() * 0.6 : 0,
                TargetThroughput = random.Next(2) == 0 ? 1 + (random.NextDouble() * 1000) : null,
            },
            CriteriaWeights = weights,
            RiskWeight = random.Next(3) == 0 ? 0 : random.NextDouble() * AuctionRules.MaxRiskWeight,
        };
        var bids = new List<OpenBid>();
        foreach (var i in Enumerable.Range(0, random.Next(1, 9)))
        {
            // Some are equal to an earlier one in all but the name.
            bids.Add(i > 0 && random.Next(6) == 0 ? bids[random.Next(i)] with { Agent = $"agent-{i}" } : Bid($"agent-{i}", task, random));
        }

        PastAuction[] past = [.. Enumerable.Range(0, random.Next(30)).Select(_ => new PastAuction(
            Approach(random), random.Next(6) == 0 ? [$"agent-{random.Next(8)}"] : [], random.Next(5) == 0 ? null : $"agent-{random.Next(8)}"))];
        return new RandomAuction($"auction-{seed}", task, bids, past);
    }

    private static OpenBid Bid(string agent, AuctionTask task, Random random)
    {
        var history = Enumerable.Range(0, random.Next(20)).Select(_ => new PastTask
        {
            Succeeded = random.NextDouble() < 0.8,
            Quality = random.Next(4) == 0 ? null : random.NextDouble(),
            Throughput = random.Next(4) == 0 ? null : random.NextDouble() * 2000,
        });
        var bid = new AgentBid
        {
            Cost = random.Next(10) == 0 ? 0 : random.NextDouble() * 1.1 * task.Requirements.MaxCost,
            DurationS = Math.Max(1e-3, random.NextDouble() * 1.05 * task.Requirements.MaxDurationS),
            Approach = Approach(random),
            Load = random.NextDouble() * 2,
        };
        return new OpenBid(agent, bid, TrackRecords.Of(new AgentProfile { Name = agent, History = [.. history] }, null));
    }

    private static string[] Approach(Random random) => [.. Enumerable.Range(0, random.Next(6)).Select(_ => Words[random.Next(Words.Length)])];
}
