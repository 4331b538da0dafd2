using Quorate.Harness.Metrics;

namespace Quorate.Tests.Unit.Harness;

public class WilsonTests
{
    // Values of Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998), table I, method 3.
    [Theory]
    [InlineData(81, 263, 0.2553, 0.3662)]
    [InlineData(15, 148, 0.0624, 0.1605)]
    [InlineData(0, 20, 0, 0.1611)]
    [InlineData(1, 29, 0.0061, 0.1718)]
    [InlineData(20, 20, 0.8389, 1)]
    public void Interval95_PublishedExamples_IsTheirs(int successes, int trials, double low, double high)
    {
        var (lower, upper) = Wilson.Interval95(successes, trials);
        Assert.Equal((low, high), (Math.Round(lower, 4), Math.Round(upper, 4)));
    }

    [Fact]
    public void Interval95_NothingTried_IsEverything() => Assert.Equal((0, 1), Wilson.Interval95(0, 0));
}
