using System.Text.Json;
using Quorate.Engine.Ask.Analysis.Sentiment;

namespace Quorate.Tests.Unit.Ask;

public class VaderTests
{
    private const double Parity = 1e-4;

    /// <summary>The reference's README prints these.</summary>
    [Theory]
    [InlineData("VADER is smart, handsome, and funny.", 0.8316)]
    [InlineData("VADER is smart, handsome, and funny!", 0.8439)]
    [InlineData("VADER is very smart, handsome, and funny.", 0.8545)]
    [InlineData("VADER is VERY SMART, handsome, and FUNNY.", 0.9227)]
    [InlineData("VADER is VERY SMART, handsome, and FUNNY!!!", 0.9342)]
    [InlineData("VADER is VERY SMART, uber handsome, and FRIGGIN FUNNY!!!", 0.9469)]
    [InlineData("VADER is not smart, handsome, nor funny.", -0.7424)]
    [InlineData("The book was good.", 0.4404)]
    [InlineData("At least it isn't a horrible book.", 0.431)]
    [InlineData("The book was only kind of good.", 0.3832)]
    [InlineData("The plot was good, but the characters are uncompelling and the dialog is not great.", -0.7042)]
    [InlineData("Today SUX!", -0.5461)]
    [InlineData("Today only kinda sux! But I'll get by, lol", 0.5249)]
    [InlineData("Make sure you :) or :D today!", 0.8633)]
    [InlineData("Not bad at all", 0.431)]
    public void Score_ReadmeExamples_MatchWhatTheReadmePrints(string text, double compound) =>
        Assert.Equal(compound, Vader.Score(text).Compound, Parity);

    /// <summary>vader-expected.py says how the values were made.</summary>
    [Fact]
    public void Score_AThousandTexts_MatchesTheReference()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Ask", "vader-expected.json");
        using var expected = JsonDocument.Parse(File.ReadAllText(path));
        var wrong = new List<string>();
        foreach (var e in expected.RootElement.EnumerateArray())
        {
            var text = e.GetProperty("text").GetString()!;
            var score = Vader.Score(text);
            // The reference rounds its shares to three places and its compound to four.
            if (Math.Abs(score.Compound - e.GetProperty("compound").GetDouble()) > Parity
                || Math.Abs(score.Positive - e.GetProperty("pos").GetDouble()) > 5.1e-4
                || Math.Abs(score.Neutral - e.GetProperty("neu").GetDouble()) > 5.1e-4
                || Math.Abs(score.Negative - e.GetProperty("neg").GetDouble()) > 5.1e-4)
            {
                wrong.Add($"{e.GetRawText()} but {score}");
            }
        }

        Assert.True(expected.RootElement.GetArrayLength() > 900);
        Assert.Empty(wrong);
    }
}
