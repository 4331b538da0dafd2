namespace Quorate.Engine.Ask.Analysis.Sentiment;

/// <param name="Negative">Share of the text that is negative, 0 to 1.</param>
/// <param name="Neutral">Share that is neutral.</param>
/// <param name="Positive">Share that is positive.</param>
/// <param name="Compound">The whole text from most negative, −1, to most positive, 1.</param>
public sealed record SentimentScore(double Negative, double Neutral, double Positive, double Compound);

/// <summary>
/// VADER (Hutto and Gilbert, VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text, ICWSM 2014): a lexicon of
/// rated words, and rules for degree, negation, capitals, punctuation, contrast and idioms. It was made for texts of a tweet's length.
/// </summary>
public static class Vader
{
    private const double CapitalsIncrement = 0.733;
    private const double NegationScalar = -0.74;
    private const double NeverScalar = 1.25;
    private const double Alpha = 15;
    private const double ExclamationIncrement = 0.292;
    private const int MaxExclamations = 4;
    private const double QuestionIncrement = 0.18;
    private const int FewQuestions = 3;
    private const double ManyQuestions = 0.96;
    private const double BeforeBut = 0.5;
    private const double AfterBut = 1.5;

    /// <summary>A word's degree counts less the farther away it stands.</summary>
    private static readonly double[] Distance = [1, 0.95, 0.9];

    public static SentimentScore Score(string text)
    {
        var read = new VaderText(text);
        if (read.Tokens.Count == 0)
        {
            return new SentimentScore(0, 0, 0, 0);
        }

        var valences = new double[read.Tokens.Count];
        for (var i = 0; i < valences.Length; i++)
        {
            valences[i] = Valence(read, i);
        }

        Contrast(read, valences);
        return Combine(valences, Emphasis(read));
    }

    private static double Valence(VaderText text, int at)
    {
        var word = text.Lower[at];
        var partOfKindOf = word == "kind" && at + 1 < text.Lower.Count && text.Lower[at + 1] == "of";
        if (partOfKindOf || VaderLexicon.TryDegree(word, out _) || !VaderLexicon.TryValence(word, out var rated))
        {
            return 0;
        }

        var valence = word == "no" && at + 1 < text.Lower.Count && VaderLexicon.Has(text.Lower[at + 1]) ? 0 : rated;
        if (Before(text, at, 1) == "no" || Before(text, at, 2) == "no" || (Before(text, at, 3) == "no" && Before(text, at, 1) is ("or" or "nor")))
        {
            valence = rated * NegationScalar;
        }

        if (text.Shouted[at] && text.MixesCase)
        {
            valence += valence > 0 ? CapitalsIncrement : -CapitalsIncrement;
        }

        for (var back = 1; back <= Distance.Length && back <= at; back++)
        {
            if (!VaderLexicon.Has(text.Lower[at - back]))
            {
                valence += Degree(text, at - back, valence) * Distance[back - 1];
                valence *= Negation(text, at, back);
                valence = back == Distance.Length ? Idiom(text, at, valence) : valence;
            }
        }

        return valence * Least(text, at);
    }

    private static string Before(VaderText text, int at, int back) => at >= back ? text.Lower[at - back] : "";

    private static double Degree(VaderText text, int at, double valence)
    {
        if (!VaderLexicon.TryDegree(text.Lower[at], out var degree))
        {
            return 0;
        }

        degree = valence < 0 ? -degree : degree;
        return text.Shouted[at] && text.MixesCase ? degree + (valence > 0 ? CapitalsIncrement : -CapitalsIncrement) : degree;
    }

    /// <summary>What a word up to three places before does to the valence: "never so" strengthens, "without doubt" leaves it, a negator turns it.</summary>
    private static double Negation(VaderText text, int at, int back)
    {
        var (one, two) = (Before(text, at, 1), Before(text, at, 2));
        var word = text.Lower[at - back];
        var strengthens = (back == 2 && word == "never" && Emphasises(one))
            || (back == 3 && ((word == "never" && Emphasises(two)) || Emphasises(one)));
        if (strengthens)
        {
            return NeverScalar;
        }

        var certain = word == "without" && ((back >= 2 && one == "doubt") || (back == 3 && two == "doubt"));
        return !certain && VaderLexicon.Negates(word) ? NegationScalar : 1;
    }

    private static bool Emphasises(string word) => word is "so" or "this";

    /// <summary>Phrases of two and three words around the word have a valence of their own; "kind of" and the like dampen.</summary>
    private static double Idiom(VaderText text, int at, double valence)
    {
        var (zero, one, two, three) = (text.Lower[at], Before(text, at, 1), Before(text, at, 2), Before(text, at, 3));
        string[] before = [$"{one} {zero}", $"{two} {one} {zero}", $"{two} {one}", $"{three} {two} {one}", $"{three} {two}"];
        if (before.FirstOrDefault(p => VaderLexicon.TryIdiom(p, out _)) is { } phrase && VaderLexicon.TryIdiom(phrase, out var idiom))
        {
            valence = idiom;
        }

        if (at + 1 < text.Lower.Count && VaderLexicon.TryIdiom($"{zero} {text.Lower[at + 1]}", out idiom))
        {
            valence = idiom;
        }

        if (at + 2 < text.Lower.Count && VaderLexicon.TryIdiom($"{zero} {text.Lower[at + 1]} {text.Lower[at + 2]}", out idiom))
        {
            valence = idiom;
        }

        return valence + before[2..].Sum(p => VaderLexicon.TryDegree(p, out var degree) ? degree : 0);
    }

    /// <summary>"least" negates, but for "at least" and "very least".</summary>
    private static double Least(VaderText text, int at) =>
        Before(text, at, 1) == "least" && !VaderLexicon.Has("least") && Before(text, at, 2) is not ("at" or "very") ? NegationScalar : 1;

    /// <summary>
    /// What stands before the first "but" counts half, what follows it one and a half times. As in the reference, a value is looked up by
    /// its first place: of equal values the first one is changed each time.
    /// </summary>
    private static void Contrast(VaderText text, double[] valences)
    {
        var but = text.Lower.ToList().IndexOf("but");
        if (but < 0)
        {
            return;
        }

        for (var i = 0; i < valences.Length; i++)
        {
            var first = Array.IndexOf(valences, valences[i]);
            valences[first] *= first < but ? BeforeBut : first > but ? AfterBut : 1;
        }
    }

    private static double Emphasis(VaderText text) =>
        (Math.Min(text.Exclamations, MaxExclamations) * ExclamationIncrement)
        + (text.Questions <= 1 ? 0 : text.Questions <= FewQuestions ? text.Questions * QuestionIncrement : ManyQuestions);

    private static SentimentScore Combine(double[] valences, double emphasis)
    {
        var sum = valences.Sum();
        sum += emphasis * Math.Sign(sum);
        // One is added to each rated word, so that it weighs as much as a neutral word and its rating on top.
        var positive = valences.Where(v => v > 0).Sum(v => v + 1);
        var negative = valences.Where(v => v < 0).Sum(v => 1 - v);
        var neutral = valences.Count(v => v == 0);
        positive += positive > negative ? emphasis : 0;
        negative += negative > positive ? emphasis : 0;
        var total = positive + negative + neutral;
        return new SentimentScore(negative / total, neutral / total, positive / total, Math.Clamp(sum / Math.Sqrt((sum * sum) + Alpha), -1, 1));
    }
}
