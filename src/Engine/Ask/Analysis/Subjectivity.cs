using System.Text.Json;
using Quorate.Engine.Ask.Analysis.Sentiment;
using Quorate.Models.Documents;

namespace Quorate.Engine.Ask.Analysis;

/// <summary>
/// How much a text is opinion: min(1, <see cref="Scale"/> × W / N). N are its words that carry meaning, W the weights of what voices an
/// attitude: an entry of the opinion lexicon counts 1, another word that VADER rates by at least 1.5 counts 0.5, and either counts half
/// under a negation ("not important" denies an attitude, but is still about one).
/// </summary>
public static class Subjectivity
{
    public const double Scale = 3;
    private const double LeastRating = 1.5;
    private const double RatedWeight = 0.5;
    private const double NegatedWeight = 0.5;

    private static readonly Lazy<PhraseLexicon> Lexicon = new(() =>
        new PhraseLexicon(JsonSerializer.Deserialize<Dictionary<string, string[]>>(Lexicons.Text("subjectivity.json"))!["opinion"]));

    /// <summary>0 (none) to 1.</summary>
    public static double Of(string text) => Of(text, new ToneText(text));

    internal static double Of(string text, ToneText read)
    {
        var words = Words.Terms(text).Count();
        if (words == 0)
        {
            return 0;
        }

        var counted = new bool[read.Words.Count];
        var weight = 0.0;
        foreach (var (at, length, negated) in Lexicon.Value.Matches(read))
        {
            Array.Fill(counted, true, at, length);
            weight += negated ? NegatedWeight : 1;
        }

        for (var i = 0; i < counted.Length; i++)
        {
            if (!counted[i] && VaderLexicon.TryValence(read.Words[i], out var rating) && Math.Abs(rating) >= LeastRating)
            {
                weight += RatedWeight * (read.Negated[i] ? NegatedWeight : 1);
            }
        }

        return Math.Min(1, Scale * weight / words);
    }
}
