using System.Text.RegularExpressions;

namespace Quorate.Engine.Ask.Decision;

/// <summary>
/// Finds sentences that say nearly the same words with and without a negation. Lexical: it finds "is safe" against "is
/// not safe" and says nothing about contradictions in other words.
/// </summary>
internal static partial class Contradiction
{
    /// <summary>Share of common words (Jaccard) from which two sentences are about the same.</summary>
    private const double Same = 0.6;

    private const int MaxSentences = 60;
    private const int FewestWords = 2;

    /// <summary>The first sentence of the text that the other text negates; null when there is none.</summary>
    public static string? Find(string text, string other)
    {
        var others = Read(other);
        foreach (var sentence in Read(text))
        {
            var nearest = others.Select(o => (Sentence: o, Overlap: Overlap(sentence.Words, o.Words))).DefaultIfEmpty().MaxBy(o => o.Overlap);
            if (nearest.Overlap >= Same && nearest.Sentence.Negated != sentence.Negated)
            {
                return sentence.Text;
            }
        }

        return null;
    }

    private sealed record Sentence(string Text, HashSet<string> Words, bool Negated);

    private static List<Sentence> Read(string text)
    {
        var sentences = new List<Sentence>();
        foreach (var part in Ends().Split(text).Take(MaxSentences))
        {
            var words = Words().Matches(part.ToLowerInvariant().Replace('’', '\'')).Select(m => m.Value).ToList();
            var content = words.Where(w => !IsNegation(w)).ToHashSet(StringComparer.Ordinal);
            if (content.Count >= FewestWords)
            {
                sentences.Add(new Sentence(part.Trim(), content, words.Count(IsNegation) % 2 == 1));
            }
        }

        return sentences;
    }

    private static bool IsNegation(string word) =>
        word is "not" or "no" or "never" or "cannot" or "none" or "neither" or "nor" or "without" || word.EndsWith("n't", StringComparison.Ordinal);

    private static double Overlap(HashSet<string> a, HashSet<string> b) => (double)a.Count(b.Contains) / (a.Count + b.Count - a.Count(b.Contains));

    [GeneratedRegex(@"(?<=[.!?])\s+|\n+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Ends();

    [GeneratedRegex(@"[\p{L}\p{N}']+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Words();
}
