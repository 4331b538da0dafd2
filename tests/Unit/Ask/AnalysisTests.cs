using Quorate.Engine.Ask.Analysis;

namespace Quorate.Tests.Unit.Ask;

public class AnalysisTests
{
    [Theory]
    [InlineData("I understand how painful this is; you are not alone, and your family deserves care.", "Empathetic")]
    [InlineData("This is wrong, reckless and irresponsible: they should be ashamed of such failure.", "Judgmental")]
    [InlineData("The evidence shows that costs fall; therefore, based on the data, the effect is measurable.", "Analytical")]
    [InlineData("On the one hand it may help; on the other hand it depends. Perhaps there is no clear answer.", "Ambivalent")]
    [InlineData("As an AI, I cannot help with that. To be clear, I never said so, and it is not my fault.", "Defensive")]
    [InlineData("What if we tried? I wonder why nobody explored it. Could we investigate?", "Curious")]
    public void Tones_TypicalTexts_ShowTheirTone(string text, string expected)
    {
        var tone = Tones.Of(text);
        var shares = typeof(Quorate.Contracts.Asking.EmotionalTone).GetProperties().Where(p => p.PropertyType == typeof(double)).ToDictionary(p => p.Name, p => (double)p.GetValue(tone)!);
        Assert.Equal(expected, shares.MaxBy(s => s.Value).Key);
        Assert.Equal(1, shares.Values.Sum(), 12);
    }

    [Fact]
    public void Tones_NegatedWords_DoNotCount()
    {
        Assert.Equal(1, Tones.Of("It is wrong.").Judgmental);
        Assert.Equal(0, Tones.Of("It is not wrong at all.").Judgmental);
        Assert.Equal(1, Tones.Of("No, it is wrong.").Judgmental);
        Assert.Equal(1, Tones.Of("I am not sure.").Ambivalent);
        Assert.Equal(new Quorate.Contracts.Asking.EmotionalTone(0, 0, 0, 0, 0, 0), Tones.Of("Three steps follow."));
    }

    [Fact]
    public void Tones_EveryTone_HasFortyEntriesOfItsOwn()
    {
        var lexicon = System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, string[]>>(File.ReadAllText(Path.Combine(Tidy.Repository.Root, "src/Engine/Ask/Analysis/Lexicons/tones.json")))!;
        Assert.Equal(6, lexicon.Count);
        Assert.All(lexicon.Values, entries => Assert.True(entries.Distinct().Count() >= 40 && entries.Distinct().Count() == entries.Length));
        Assert.Empty(lexicon.Values.SelectMany(e => e).GroupBy(e => e).Where(g => g.Count() > 1).Select(g => g.Key));
    }

    [Fact]
    public void Subjectivity_OpinionAndReport_DifferByTheFormula()
    {
        // Three words carry meaning; "i think" and "beautiful" are opinion: 3 × 2 / 3, at most 1.
        Assert.Equal(1, Subjectivity.Of("I think the bridge is beautiful."));
        Assert.Equal(0, Subjectivity.Of("The bridge has four lanes and carries the road over the river."));
        // Ten words of meaning: one is opinion, then it is negated, then one is only rated by VADER.
        const string ten = "bridge road river lane pillar steel cable stone deck ";
        Assert.Equal(0.3, Subjectivity.Of(ten + "important"), 12);
        Assert.Equal(0.15, Subjectivity.Of(ten + "not important"), 12);
        Assert.Equal(0.15, Subjectivity.Of(ten + "happy"), 12);
        Assert.Equal(0, Subjectivity.Of(""));
    }

    [Fact]
    public void Support_Claims_NameTheAnswersThatSayThem()
    {
        (string, string)[] answers =
        [
            ("a", "The cache is slow because it is cold. Restart it at night."),
            ("b", "A cold cache is slow. It holds 512 entries."),
            ("c", "The cache is not slow because it is cold."),
            ("d", "Gardens need rain."),
        ];
        var claims = ClaimSupport.Of("The cache is slow because it is cold. It holds 256 entries. The cache holds 512 entries. Ok.", answers);
        Assert.Equal(["a,b", "", "b"], claims.Select(c => string.Join(',', c.Members)));
        Assert.Equal("It holds 256 entries.", claims[1].Text);
        Assert.Empty(ClaimSupport.Of("", answers));
        Assert.Empty(ClaimSupport.Of("[cache.md#cold-start] [warm.md:3]\n\n— bm25, extractive: sentences quoted from the documents.", answers));
        Assert.Empty(ClaimSupport.Of("The cache is slow because it is cold.", [])[0].Members);
    }

    [Fact]
    public void Analyze_Panel_HoldsEveryMemberInRange()
    {
        var analysis = ResponseAnalyzer.Analyze([("good", "A great and wonderful result, thanks to the evidence."), ("bad", "An awful failure. Why?"), ("empty", "")]);
        Assert.Equal(["good", "bad", "empty"], analysis.Similarity.Models);
        Assert.Equal("tf-idf", analysis.Similarity.Vectoriser);
        Assert.True(analysis.Polarity["good"] > 0.5 && analysis.Polarity["bad"] < -0.5 && analysis.Polarity["empty"] == 0);
        Assert.Equal((1, 0.5), (analysis.Radar["good"].Length, analysis.Radar["empty"].Polarity));
        Assert.Equal(0, analysis.Radar["empty"].Length);
        Assert.True(analysis.Radar["bad"].Curious > 0 && analysis.Radar["good"].Analytical > 0);
    }

    [Fact]
    public void Analyze_Embeddings_AreUsedAndNamedWhenTheyCanBeCompared()
    {
        (string, string)[] answers = [("a", "one thing"), ("b", "another matter")];
        var used = ResponseAnalyzer.Analyze(answers, [[1, 0], [1, 0]], "embed-small");
        Assert.Equal(("embed-small", 1), (used.Similarity.Vectoriser, used.Similarity.Values[0][1]));
        var refused = ResponseAnalyzer.Analyze(answers, [[1, 0]], "embed-small");
        Assert.Equal(("tf-idf", 0), (refused.Similarity.Vectoriser, refused.Similarity.Values[0][1]));
    }

    [Fact]
    public void Polarity_LongText_IsTheMeanOfItsSentences()
    {
        var sentences = Enumerable.Repeat("It works as it did before, on every machine.", 6).Append("It is a great success!").ToList();
        var expected = Quorate.Engine.Ask.Analysis.Sentiment.Vader.Score("It is a great success!").Compound / 7;
        Assert.Equal(expected, ResponseAnalyzer.Polarity(string.Join(' ', sentences)), 9);
    }
}
