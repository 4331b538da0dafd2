using Quorate.Contracts.Asking;
using Quorate.Engine.Ask.Analysis.Sentiment;
using Quorate.Models.Documents;

namespace Quorate.Engine.Ask.Analysis;

/// <summary>Compares a panel's answers: similarity, sentiment, subjectivity and tone. docs/analysis.md gives the formulas and their limits.</summary>
public static class ResponseAnalyzer
{
    /// <summary>VADER was made for texts of a tweet's length; a longer one is scored by sentences.</summary>
    private const int WholeTextLength = 280;

    /// <param name="answers">Members' names, each once, with their answers.</param>
    /// <param name="embeddings">One for each answer, or null; such as cannot be compared are not used.</param>
    /// <param name="embeddingModel">Who made them, for the result.</param>
    public static ResponseAnalysis Analyze(IReadOnlyList<(string Model, string Text)> answers, IReadOnlyList<IReadOnlyList<float>>? embeddings = null, string? embeddingModel = null)
    {
        var embedded = embeddings is null ? null : Similarity.OfEmbeddings(embeddings, answers.Count);
        var matrix = embedded ?? Similarity.OfTexts([.. answers.Select(a => a.Text)]);
        var read = answers.Select(a => (a.Model, Text: new ToneText(a.Text), Words: Words.Of(a.Text).Count(), Polarity: Polarity(a.Text))).ToList();
        var tones = read.ToDictionary(r => r.Model, r => Tones.Of(r.Text), StringComparer.Ordinal);
        var longest = Math.Max(1, read.Select(r => r.Words).DefaultIfEmpty().Max());
        return new ResponseAnalysis
        {
            Similarity = new SimilarityMatrix([.. answers.Select(a => a.Model)], matrix, embedded is null ? Similarity.Embedded : embeddingModel ?? "embeddings"),
            Polarity = read.ToDictionary(r => r.Model, r => r.Polarity, StringComparer.Ordinal),
            Emotions = tones,
            Radar = read.Select((r, i) => (r.Model, Features: new RadarFeatures(
                (double)r.Words / longest, (r.Polarity + 1) / 2, Subjectivity.Of(answers[i].Text, r.Text), tones[r.Model].Analytical, tones[r.Model].Empathetic, tones[r.Model].Curious)))
                .ToDictionary(r => r.Model, r => r.Features, StringComparer.Ordinal),
        };
    }

    /// <summary>VADER's compound score; of a text of more than 280 characters the mean over its sentences, as VADER's authors advise for longer texts.</summary>
    public static double Polarity(string text) =>
        text.Length <= WholeTextLength ? Vader.Score(text).Compound : Sentences.Of(text).Select(s => Vader.Score(s).Compound).DefaultIfEmpty().Average();
}
