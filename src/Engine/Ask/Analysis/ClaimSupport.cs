using System.Text.RegularExpressions;
using Quorate.Contracts.Asking;
using Quorate.Models.Documents;

namespace Quorate.Engine.Ask.Analysis;

/// <summary>
/// Tells for each sentence of a summary which answers say the same: an answer supports it when one of the answer's sentences is at least
/// <see cref="Threshold"/> alike (cosine of TF-IDF over stems), neither of the two is negated alone, and the answer holds every number of the claim.
/// </summary>
public static partial class ClaimSupport
{
    public const double Threshold = 0.35;
    private const int MaxClaims = 100;
    private const int LeastTerms = 2;

    /// <param name="summary">Anything; sentences of fewer than two terms claim nothing.</param>
    /// <param name="answers">The panel's, by member.</param>
    public static IReadOnlyList<SupportedClaim> Of(string summary, IReadOnlyList<(string Model, string Text)> answers)
    {
        var claims = Split(summary).Take(MaxClaims).ToList();
        var sentences = answers.Select(a => Split(a.Text).ToList()).ToList();
        var space = new TfIdf(sentences.SelectMany(s => s).Concat(claims).Select(s => s.Terms));
        var vectors = sentences.Select(s => s.Select(x => (Vector: space.Vector(x.Terms), x.Negated)).ToList()).ToList();
        var numbers = answers.Select(a => Numbers(a.Text)).ToList();
        return [.. claims.Select(claim =>
        {
            var vector = space.Vector(claim.Terms);
            var needed = Numbers(claim.Text);
            return new SupportedClaim(claim.Text, [.. answers
                .Where((_, i) => needed.IsSubsetOf(numbers[i]) && vectors[i].Exists(s => s.Negated == claim.Negated && TfIdf.Cosine(s.Vector, vector) >= Threshold))
                .Select(a => a.Model)]);
        })];
    }

    private static IEnumerable<(string Text, List<string> Terms, bool Negated)> Split(string text) =>
        Sentences.Of(text).Where(s => !NoClaim().IsMatch(s)).Select(s => s.TrimStart('#', '-', '*', '>', '•', ' ')).Select(s => (s, Words.Terms(s).ToList(), Negation.Negates(s))).Where(s => s.Item2.Count >= LeastTerms);

    private static HashSet<string> Numbers(string text) => [.. Number().Matches(text).Select(m => m.Value)];

    /// <summary>A citation alone, or the line in which a member says what it is.</summary>
    [GeneratedRegex(@"^\s*(\[[^\[\]]*\]\s*)+$|^\s*—\s", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NoClaim();

    [GeneratedRegex(@"\d+(?:[.,]\d+)*", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Number();
}
