using Quorate.Contracts.Coordination;
using Quorate.Protocol.Auction;

namespace Quorate.Tests.Unit.Auctions;

/// <summary>What holds for every auction, over ten thousand seeded ones.</summary>
public class AuctionPropertyTests
{
    private const int Auctions = 10_000;

    /// <summary>Of rounding, in shares of the reserve.</summary>
    private const double Tolerance = 1e-9;

    private static readonly IEnumerable<RandomAuction> All = Enumerable.Range(1, Auctions).Select(RandomAuctions.Next);

    [Fact]
    public void Scores_AnyAuction_FromZeroToOne()
    {
        var scored = 0;
        foreach (var outcome in All.Select(a => a.Evaluate()))
        {
            foreach (var s in outcome.Scores.Values)
            {
                Assert.All([s.Overall, s.Cost, s.Quality, s.Performance, s.Reliability, s.Innovation, s.Risk], value => Assert.InRange(value, 0, 1));
                scored++;
            }
        }

        Assert.True(scored > Auctions, $"only {scored} bids were scored");
    }

    [Fact]
    public void Price_AnyAuction_FromTheWinnersCostToTheReserve()
    {
        var (belowReserve, nobody) = (0, 0);
        foreach (var auction in All)
        {
            var outcome = auction.Evaluate();
            if (outcome.Winner is null)
            {
                Assert.NotNull(outcome.Reason);
                nobody++;
                continue;
            }

            Assert.InRange(outcome.Price!.Value, outcome.Bid!.Cost, auction.Reserve);
            Assert.True(outcome.RunnerUp is not null || outcome.Price == auction.Reserve);
            belowReserve += outcome.Price < auction.Reserve ? 1 : 0;
        }

        Assert.True(belowReserve > Auctions / 10 && nobody > 0, $"{belowReserve} prices below the reserve, {nobody} auctions without a winner");
    }

    [Fact]
    public void Outcome_BidsInAnotherOrder_TheSame()
    {
        foreach (var (seed, auction) in All.Index())
        {
            var shuffled = auction.Bids.ToArray();
            new Random(seed).Shuffle(shuffled);
            var (one, other) = (auction.Evaluate(), (auction with { Bids = shuffled }).Evaluate());
            Assert.Equal(one.Ranking, other.Ranking);
            Assert.Equal((one.Winner, one.Price, one.RunnerUp), (other.Winner, other.Price, other.RunnerUp));
            Assert.All(one.Scores, s => Assert.Equal(s.Value, other.Scores[s.Key]));
        }
    }

    [Theory]
    [InlineData(1024)]
    [InlineData(100)]
    [InlineData(0.01)]
    [InlineData(0.3)]
    public void Outcome_MoneyInAnotherUnit_SameRanksAndTheSamePrice(double unit)
    {
        var compared = 0;
        foreach (var auction in All)
        {
            var other = auction with
            {
                Task = auction.Task with { Requirements = auction.Task.Requirements with { MaxCost = auction.Reserve * unit } },
                Bids = [.. auction.Bids.Select(b => b with { Bid = b.Bid with { Cost = b.Bid.Cost * unit } })],
            };
            var (one, two) = (auction.Evaluate(), other.Evaluate());
            // A multiple of a double is rounded: bids that differ by less than that may change places.
            if (one.Ranking.Zip(one.Ranking.Skip(1)).Any(p => Math.Abs(one.Scores[p.First].Overall - one.Scores[p.Second].Overall) is > 0 and < 1e-12))
            {
                continue;
            }

            compared++;
            Assert.Equal(one.Ranking, two.Ranking);
            Assert.Equal(one.Winner, two.Winner);
            Assert.InRange(Math.Abs((one.Price * unit - two.Price) ?? 0), 0, auction.Reserve * unit * Tolerance);
        }

        Assert.True(compared > Auctions * 0.99);
    }

    [Fact]
    public void Cost_AnyOtherThanTheTrueOne_NeverBetterForTheBidder()
    {
        var (tried, wouldHaveWon) = (0, 0);
        foreach (var (seed, auction) in All.Index())
        {
            var random = new Random(seed);
            var bidder = random.Next(auction.Bids.Count);
            var truth = auction.Bids[bidder].Bid.Cost;
            var honest = auction.Evaluate();
            var gain = GainOf(auction, bidder, truth, honest);
            Assert.True(gain >= -Tolerance * auction.Reserve, "who bids its cost never loses");
            double[] lies = [0, auction.Reserve, truth * 0.5, truth * 0.99, truth * 1.01, truth * 1.5, honest.Price ?? truth, (honest.Price ?? truth) * 1.0001, (honest.Price ?? truth) * 0.9999, random.NextDouble() * auction.Reserve];
            foreach (var lie in lies)
            {
                var outcome = auction.With(bidder, lie).Evaluate();
                var lied = GainOf(auction, bidder, truth, outcome);
                Assert.True(lied <= gain + (Tolerance * auction.Reserve), $"auction {seed}: bidding {lie} instead of {truth} gains {lied} instead of {gain}");
                tried++;
                wouldHaveWon += outcome.Winner == auction.Bids[bidder].Agent && honest.Winner != outcome.Winner ? 1 : 0;
            }
        }

        Assert.True(tried == 10 * Auctions && wouldHaveWon > Auctions / 10, $"{tried} lies, of which {wouldHaveWon} won what the truth had lost");
    }

    [Fact]
    public void Shill_AnyBidAdded_ChangesNobodysScoreOrRank()
    {
        foreach (var (seed, auction) in All.Index())
        {
            var random = new Random(seed);
            var shill = auction.Bids[0] with
            {
                Agent = "shill",
                Bid = auction.Bids[0].Bid with { Cost = random.Next(3) switch { 0 => 0, 1 => auction.Reserve, _ => auction.Reserve * 1000 }, DurationS = random.Next(2) == 0 ? 1e-9 : auction.Task.Requirements.MaxDurationS },
            };
            var (without, with) = (auction.Evaluate(), (auction with { Bids = [.. auction.Bids, shill] }).Evaluate());
            Assert.Equal(without.Ranking, with.Ranking.Where(a => a != "shill"));
            Assert.All(without.Scores, s => Assert.Equal(s.Value, with.Scores[s.Key]));
        }
    }

    [Fact]
    public void Tie_EqualBids_DecidedAlikeInAnyOrderAndForNoNameAlways()
    {
        var wins = new Dictionary<string, int> { ["ada"] = 0, ["bob"] = 0, ["cyd"] = 0 };
        var auction = RandomAuctions.Next(1);
        var bid = auction.Bids[0] with { Bid = new AgentBid { Cost = auction.Reserve / 2, DurationS = auction.Task.Requirements.MaxDurationS / 2 } };
        for (var id = 0; id < 300; id++)
        {
            OpenBid[] bids = [.. wins.Keys.Select(name => bid with { Agent = name })];
            var one = (auction with { Id = $"tie-{id}", Bids = bids, Past = [] }).Evaluate();
            Assert.Equal(one.Ranking, (auction with { Id = $"tie-{id}", Bids = [.. bids.Reverse()], Past = [] }).Evaluate().Ranking);
            Assert.True(auction.Task.CriteriaWeights["cost"] == 0 || Math.Abs(one.Price!.Value - bid.Bid.Cost) < auction.Reserve * Tolerance);
            wins[one.Winner!]++;
        }

        Assert.All(wins.Values, count => Assert.InRange(count, 60, 140));
    }

    private static double GainOf(RandomAuction auction, int bidder, double truth, AuctionOutcome outcome) =>
        outcome.Winner == auction.Bids[bidder].Agent ? outcome.Price!.Value - truth : 0;
}
