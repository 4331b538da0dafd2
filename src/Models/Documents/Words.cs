using System.Buffers;
using System.Text;

namespace Quorate.Models.Documents;

/// <summary>Splits text into words and reduces them to what is compared.</summary>
public static class Words
{
    private const int ShortestStem = 3;

    private static readonly SearchValues<char> Vowels = SearchValues.Create("aeiouy");

    private static readonly HashSet<string> StopWords = new(
        ("a about above after again against all also am an and any are as at be because been before being below between both but by can could did do "
        + "does doing down during each few for from further had has have having he her here hers him his how i if in into is it its itself "
        + "just long many may me might more most much must my no nor not of off on once only or other our ours out over own same shall she should so some such than take takes that the "
        + "their theirs them then there these they this those through to too under until up us very was we were what when where which while "
        + "who whom whose why will with would you your yours t s d ll m o re ve don isn doesn didn won aren wasn weren hasn haven hadn").Split(' '),
        StringComparer.Ordinal);

    /// <summary>Runs of letters and digits, in lower case.</summary>
    public static IEnumerable<string> Of(string text)
    {
        var word = new StringBuilder();
        foreach (var c in text)
        {
            if (char.IsLetterOrDigit(c))
            {
                word.Append(char.ToLowerInvariant(c));
            }
            else if (word.Length > 0)
            {
                yield return word.ToString();
                word.Clear();
            }
        }

        if (word.Length > 0)
        {
            yield return word.ToString();
        }
    }

    /// <summary>Stems of the words that carry meaning, in their order.</summary>
    public static IEnumerable<string> Terms(string text) => Of(text).Where(w => !StopWords.Contains(w)).Select(Stem);

    /// <summary>
    /// A light stemmer for English: takes off the endings of plurals and verb forms (-s, -es, -ies, -ed, -ing) and a last e, so that
    /// prove, proves, proved and proving are one term. Nothing shorter than three letters remains.
    /// </summary>
    public static string Stem(string word)
    {
        var stem = word.EndsWith("ies", StringComparison.Ordinal) ? Cut(word, 3, "y")
            : word.EndsWith("sses", StringComparison.Ordinal) ? Cut(word, 2)
            : word.EndsWith('s') && !word.EndsWith("ss", StringComparison.Ordinal) && !word.EndsWith("us", StringComparison.Ordinal) && !word.EndsWith("is", StringComparison.Ordinal) ? Cut(word, 1)
            : word;
        var bare = stem.EndsWith("ing", StringComparison.Ordinal) ? Cut(stem, 3) : stem.EndsWith("ed", StringComparison.Ordinal) ? Cut(stem, 2) : stem;
        if (!HasVowel(bare))
        {
            bare = stem;
        }

        if (bare.Length < stem.Length && bare.Length > ShortestStem && bare[^1] == bare[^2] && bare[^1] is not ('l' or 's' or 'z'))
        {
            return bare[..^1];
        }

        return bare.EndsWith('e') ? Cut(bare, 1) : bare;
    }

    private static bool HasVowel(string word) => word.AsSpan().ContainsAny(Vowels);

    private static string Cut(string word, int count, string ending = "") =>
        word.Length - count + ending.Length >= ShortestStem ? string.Concat(word.AsSpan(0, word.Length - count), ending) : word;
}
