using Quorate.Contracts.Coordination;
using Quorate.Engine.Coordination;
using Quorate.Engine.Triage.Metrics;
using Quorate.Protocol.Auction;

namespace Quorate.Cli.Bench;

/// <summary>How long an auction takes. Times in milliseconds, medians.</summary>
/// <param name="Bidders">Agents, each with a bid.</param>
/// <param name="History">Finished tasks of each.</param>
/// <param name="Past">Earlier auctions.</param>
/// <param name="Repeats">Times it was evaluated.</param>
/// <param name="EvaluationMs">Scores of five criteria, risk, ranking, winner and price.</param>
/// <param name="EvaluationP95Ms">The same.</param>
/// <param name="AssessmentMs">Of all histories, once before the bids.</param>
/// <param name="BidsMs">Bids sealed, signed and opened.</param>
/// <param name="RecordMs">Signatures verified, bids evaluated, record written.</param>
/// <param name="ConsensusMs">Members agree on the record and sign it.</param>
/// <param name="WholeMs">All of it.</param>
/// <param name="Members">That agree and sign.</param>
internal sealed record AuctionBenchDocument(
    int Bidders, int History, int Past, int Repeats, double EvaluationMs, double EvaluationP95Ms, double AssessmentMs, double BidsMs, double RecordMs, double ConsensusMs, double WholeMs, int Members);

/// <summary>Random agents, seeded; evaluation alone, and whole auctions with signatures and consensus in one process.</summary>
internal sealed class AuctionBenchmark(TimeProvider time)
{
    private const int History = 20;
    private const int PastAuctionCount = 50;
    private const int WarmUps = 200;
    private static readonly string[] Words = ["shadow", "index", "parallel", "shards", "stream", "backfill", "snapshot", "verify", "sample", "alias", "rolling", "cache", "batch", "delta", "replay", "merge"];

    private static readonly AuctionTask Task = new()
    {
        Name = "bench",
        Requirements = new AuctionRequirements { MaxCost = 100, MaxDurationS = 3600, TargetThroughput = 1000 },
        CriteriaWeights = Criteria.Names.ToDictionary(n => n, _ => 1.0),
    };

    public async Task<AuctionBenchDocument> RunAsync(int bidders, int repeats, int wholes, int seed, CancellationToken token)
    {
        var random = new Random(seed);
        var agents = Enumerable.Range(0, bidders).Select(i => Agent($"agent-{i}", random)).ToList();
        PastAuction[] past = [.. Enumerable.Range(0, PastAuctionCount).Select(_ => new PastAuction(Approach(random), [], $"agent-{random.Next(bidders)}"))];
        var (evaluation, assessment, result) = (new List<double>(), new List<double>(), new List<AuctionResult>());
        for (var i = 0; i < WarmUps + repeats; i++)
        {
            var start = time.GetTimestamp();
            OpenBid[] bids = [.. agents.Select(a => new OpenBid(a.Name, a.Bid!, TrackRecords.Of(a, null)))];
            var middle = time.GetTimestamp();
            _ = BidEvaluation.Evaluate("bench", Task, bids, past);
            if (i >= WarmUps)
            {
                assessment.Add(time.GetElapsedTime(start, middle).TotalMilliseconds);
                evaluation.Add(time.GetElapsedTime(middle).TotalMilliseconds);
            }

            token.ThrowIfCancellationRequested();
        }

        var house = new AuctionHouse(new EphemeralKeys(), time);
        for (var i = 0; i <= wholes; i++)
        {
            // The first one makes the keys.
            result.Add(await house.RunAsync($"bench-{i}", Task, [.. agents.Select(a => new SealedBidder(a))], past, token));
        }

        evaluation.Sort();
        double Phase(int index) => Median(result.Skip(1).Select(r => r.Phases[index].Ms));
        return new AuctionBenchDocument(
            bidders, History, PastAuctionCount, repeats, Median(evaluation), Math.Round(Quantile.Of(evaluation, 0.95), 3), Median(assessment), Phase(1), Phase(2), Phase(3),
            Median(result.Skip(1).Select(r => r.Phases.Sum(p => p.Ms))), result[0].Members);
    }

    private static double Median(IEnumerable<double> values) => Math.Round(Quantile.Of(values.Order().ToArray(), 0.5), 3);

    private static AgentProfile Agent(string name, Random random) => new()
    {
        Name = name,
        History = [.. Enumerable.Range(0, History).Select(_ => new PastTask { Succeeded = random.NextDouble() < 0.9, Quality = random.NextDouble(), Throughput = random.NextDouble() * 1000 })],
        Bid = new AgentBid { Cost = random.NextDouble() * 100, DurationS = 1 + (random.NextDouble() * 3599), Approach = Approach(random), Load = random.NextDouble() * 1.2 },
    };

    private static string[] Approach(Random random) => [.. Enumerable.Range(0, 6).Select(_ => Words[random.Next(Words.Length)])];
}
