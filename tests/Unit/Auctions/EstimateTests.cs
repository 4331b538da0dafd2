using Quorate.Contracts;
using Quorate.Contracts.Coordination;
using Quorate.Protocol.Auction;

namespace Quorate.Tests.Unit.Auctions;

public class EstimateTests
{
    [Fact]
    public void Estimate_NoValues_ThePrior()
    {
        var none = Estimate.Of([]);
        Assert.Null(none.Mean);
        Assert.Equal((0.0, 0.7), (none.Confidence, none.Toward(0.7)));
    }

    [Fact]
    public void Estimate_NewerValues_CountMore()
    {
        var rising = Estimate.Of([0.2, 0.4, 0.6, 0.8]);
        var falling = Estimate.Of([0.8, 0.6, 0.4, 0.2]);
        Assert.True(rising.Mean > 0.5 && falling.Mean < 0.5);
        // By hand: weights 0.729, 0.81, 0.9, 1.
        Assert.Equal(((0.729 * 0.2) + (0.81 * 0.4) + (0.9 * 0.6) + 0.8) / 3.439, rising.Mean!.Value, 12);
        Assert.Equal(3.439 * 3.439 / ((0.729 * 0.729) + (0.81 * 0.81) + 0.81 + 1), rising.Count, 12);
    }

    [Fact]
    public void Estimate_LongHistory_ConfidenceStaysBelowItsLimit()
    {
        var many = Estimate.Of(Enumerable.Repeat(0.9, 1000));
        Assert.Equal(19, many.Count, 6);
        Assert.Equal(0.9, many.Mean!.Value, 9);
        Assert.Equal(19 / 23.0, many.Confidence, 6);
        Assert.Equal(((19 * 0.9) + (4 * 0.5)) / 23, many.Toward(0.5), 6);
    }

    [Theory]
    [InlineData(0, 0, 0.05)]
    [InlineData(8, 0, 0.716871)]
    [InlineData(1, 0, 0.223607)]
    [InlineData(0, 1, 0.025321)]
    public void Lower_KnownPosteriors_AsTheFormulaSays(int successes, int failures, double lower) =>
        Assert.Equal(lower, new BetaPosterior(successes, failures).Lower(), 6);

    [Fact]
    public void Lower_AnyCounts_FivePercentLieBelow()
    {
        for (var successes = 0; successes <= 60; successes += 3)
        {
            for (var failures = 0; failures <= 60; failures += 4)
            {
                var posterior = new BetaPosterior(successes, failures);
                // I_x(s+1, f+1) is the probability of more than s successes in s+f+1 trials.
                Assert.Equal(BetaPosterior.Tail, MoreThan(successes, successes + failures + 1, posterior.Lower()), 4);
                Assert.True(posterior.Lower() < posterior.Mean);
            }
        }
    }

    [Fact]
    public void Lower_ThousandsOfTrials_NearTheMean()
    {
        Assert.InRange(new BetaPosterior(1_000_000, 0).Lower(), 0.999996, 1);
        Assert.InRange(new BetaPosterior(5000, 5000).Lower(), 0.49, 0.495);
        Assert.InRange(new BetaPosterior(0, 100_000).Lower(), 0, 0.000001);
    }

    [Fact]
    public void Novelty_NothingWonBefore_HalfForWordsAndNothingForNone()
    {
        var novelty = new Novelty([[], ["  "]]);
        Assert.Equal(Novelty.Unknown, novelty.Of(["shadow index"]));
        Assert.Equal(0, novelty.Of([]));
    }

    [Fact]
    public void Novelty_PastWinners_OneLessTheLargestShareOfWordsInCommon()
    {
        var novelty = new Novelty([["stream", "backfill"], ["shadow index, parallel shards"]]);
        Assert.Equal(0, novelty.Of(["Shards; PARALLEL", "index", "shadow"]));
        Assert.Equal(1 - (1 / 3.0), novelty.Of(["stream", "replay"]), 12);
        Assert.Equal(1, novelty.Of(["rolling"]));
        Assert.Equal(0, novelty.Of(["!?"]));
    }

    [Theory]
    [InlineData("cost", 0, "criteria_weights sum to 0")]
    [InlineData("cost", double.NaN, "criteria_weights.cost is NaN")]
    [InlineData("quality", -1, "criteria_weights.quality is -1")]
    [InlineData("innovation", double.PositiveInfinity, "criteria_weights.innovation is")]
    [InlineData("speed", 1, "criteria_weights.speed is unknown; cost, quality, performance, reliability, innovation are allowed")]
    public void Weights_Wrong_NamedInTheError(string criterion, double weight, string expected)
    {
        var error = Assert.Throws<QuorateException>(() => Criteria.Normalise(new Dictionary<string, double> { [criterion] = weight }));
        Assert.Equal((ErrorKind.Input, "auction_task_invalid"), (error.Kind, error.Code));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_AnySum_SharesOfOne()
    {
        var weights = Criteria.Normalise(new Dictionary<string, double> { ["cost"] = 3, ["quality"] = 1 });
        Assert.Equal(new Criteria(0.75, 0.25, 0, 0, 0), weights);
    }

    [Fact]
    public void Assess_UnknownAgent_ThePriors()
    {
        var track = TrackRecords.Of(new AgentProfile { Name = "new", Skills = new Dictionary<string, double> { ["indexing"] = 0.8 } }, "indexing");
        var capability = TrackRecords.Assess(track, new AuctionRequirements { MaxCost = 1, MaxDurationS = 1, TargetThroughput = 100 }, defaults: 0);
        Assert.Equal(new AgentCapability(0.8, 0, 0, 0.5, 0.05, 50), capability);
    }

    private static double MoreThan(int successes, int trials, double rate)
    {
        var term = Math.Pow(1 - rate, trials);
        var below = 0.0;
        for (var k = 0; k <= successes; k++)
        {
            below += term;
            term *= (trials - k) / (k + 1.0) * rate / (1 - rate);
        }

        return 1 - below;
    }
}
