using Quorate.Models.Documents;

namespace Quorate.Models.Providers.Embedded;

/// <param name="Answer">yes, no, a letter, or unknown.</param>
/// <param name="Confidence">0 to 1.</param>
/// <param name="Evidence">The sentences that it rests on.</param>
internal sealed record Vote(string Answer, double Confidence, IReadOnlyList<Evidence> Evidence)
{
    public const string Unknown = "unknown";
}

/// <summary>Reads a vote from sentences by their negations and opposites; no understanding beyond that.</summary>
internal static class VoteRules
{
    /// <summary>A choice must have at least this share of its own words beside the question's in what is found.</summary>
    private const double LeastChoice = 0.5;

    /// <summary>Words that exclude each other: a question about one and a sentence about the other say opposite things.</summary>
    private static readonly (string, string)[] Opposites =
    [
        ("on", "off"), ("allow", "refuse"), ("allow", "deny"), ("allow", "forbid"), ("accept", "refuse"), ("accept", "reject"), ("open", "closed"),
        ("enable", "disable"), ("always", "never"), ("before", "after"), ("require", "optional"), ("mandatory", "optional"), ("public", "private"), ("same", "different"),
        ("increase", "decrease"), ("true", "false"), ("succeed", "fail"), ("safe", "unsafe"), ("valid", "invalid"), ("possible", "impossible"), ("present", "absent"), ("keep", "remove"),
        ("start", "stop"), ("encrypt", "plain"), ("inside", "outside"), ("online", "offline"), ("all", "none"),
    ];

    /// <summary>A sentence that votes holds at least this share of the question, its headings included, and half of that by itself.</summary>
    private const double LeastCoverage = 0.6;
    private const int MaxOpposites = 6;

    /// <summary>A sentence about the opposite answers too, so that one is looked for as well.</summary>
    public static Vote YesOrNo(DocumentIndex index, IRetrieval retrieval, string question)
    {
        var asked = Tokens(question);
        var terms = Question.Terms(question).ToHashSet(StringComparer.Ordinal);
        var found = new List<Evidence>();
        var evidence = new Dictionary<Sentence, (double Own, double All)>(ReferenceEqualityComparer.Instance);
        foreach (var wording in Wordings(question, asked))
        {
            var words = Question.Terms(wording);
            foreach (var e in retrieval.Find(index, wording))
            {
                var (own, all) = (index.Coverage(words, e.Sentence.Terms), index.Coverage(words, e.Sentence.Terms.Concat(e.Sentence.ContextTerms)));
                if (!found.Exists(f => ReferenceEquals(f.Sentence, e.Sentence)))
                {
                    found.Add(e);
                }

                if (own >= LeastCoverage / 2 && all >= LeastCoverage && own > evidence.GetValueOrDefault(e.Sentence).Own)
                {
                    evidence[e.Sentence] = (own, all);
                }
            }
        }

        return Tally(asked, terms, evidence, found);
    }

    private static Vote Tally(IReadOnlyList<(string Word, string Stem)> asked, IReadOnlySet<string> terms, Dictionary<Sentence, (double Own, double All)> evidence, IReadOnlyList<Evidence> found)
    {
        // "Isn't it …?" asks the same as "Is it …?"; a negation further on turns the question round.
        var turned = asked.Skip(1).Count(t => Negation.Is(t.Word)) % 2 == 1;
        double yes = 0, no = 0;
        foreach (var (sentence, (own, _)) in evidence)
        {
            // The square lets a sentence about the whole question outweigh several about half of it.
            if (Affirms(sentence.Text, asked, terms) != turned)
            {
                yes += own * own;
            }
            else
            {
                no += own * own;
            }
        }

        return yes == no
            ? new Vote(Vote.Unknown, 0, found)
            : new Vote(yes > no ? "yes" : "no", Math.Abs(yes - no) / (yes + no) * evidence.Values.Max(e => e.All), found);
    }

    /// <summary>The question, and for each word with an opposite the question about that.</summary>
    private static IEnumerable<string> Wordings(string question, IReadOnlyList<(string Word, string Stem)> asked) =>
        Opposites.SelectMany(o => new[] { (From: o.Item1, To: o.Item2), (From: o.Item2, To: o.Item1) })
            .Where(o => Has(asked, o.From)).Take(MaxOpposites)
            .Select(o => string.Join(' ', asked.Select(t => t.Word == o.From || t.Stem == Words.Stem(o.From) ? o.To : t.Word)))
            .Prepend(question);

    /// <summary>The choice whose own words stand beside the question's in what is found for both together.</summary>
    public static Vote Choose(DocumentIndex index, IRetrieval retrieval, Question question)
    {
        var asked = Question.Terms(question.Text);
        var found = retrieval.Find(index, question.Text);
        var scored = question.Choices.Select(c => (c.Letter, Best: Best(index, [.. retrieval.Find(index, $"{question.Text} {c.Text}"), .. found], question, c, asked))).Where(c => c.Best.Score > 0).OrderByDescending(c => c.Best.Score).ToList();
        if (scored.Count == 0 || (scored.Count > 1 && scored[0].Best.Score - scored[1].Best.Score < 1e-9))
        {
            return new Vote(Vote.Unknown, 0, [.. scored.Take(2).Select(s => s.Best.Evidence!)]);
        }

        var (letter, best) = scored[0];
        return new Vote(letter.ToString(), best.Score * best.Score / scored.Sum(s => s.Best.Score), [best.Evidence!]);
    }

    private static (double Score, Evidence? Evidence) Best(DocumentIndex index, IReadOnlyList<Evidence> found, Question question, (char Letter, string Text) choice, IReadOnlyList<string> asked)
    {
        var others = question.Choices.Where(c => c.Letter != choice.Letter).SelectMany(c => Choice(c.Text)).ToHashSet(StringComparer.Ordinal);
        var all = Choice(choice.Text).ToHashSet(StringComparer.Ordinal);
        var own = all.Where(t => !others.Contains(t)).ToHashSet(StringComparer.Ordinal);
        own = own.Count > 0 ? own : all;
        var best = (Score: 0.0, Evidence: (Evidence?)null);
        foreach (var evidence in found)
        {
            var words = Words.Of(evidence.Sentence.Text).Select(Words.Stem).ToHashSet(StringComparer.Ordinal);
            var share = own.Count == 0 ? 0 : (double)own.Count(words.Contains) / own.Count;
            var score = share * index.Coverage(asked, evidence.Sentence.Terms.Concat(evidence.Sentence.ContextTerms));
            if (share >= LeastChoice && score > best.Score && Affirms(evidence.Sentence.Text, Tokens(question.Text), own) == !question.Text.Split(' ').Any(Negation.Is))
            {
                best = (score, evidence);
            }
        }

        return best;
    }

    /// <summary>A choice's terms; all of its words when they are only such as "on" and "off".</summary>
    private static List<string> Choice(string text) => Words.Terms(text).ToList() is { Count: > 0 } terms ? terms : [.. Words.Of(text)];

    /// <summary>False when the clause about the terms is negated or speaks of the opposite.</summary>
    private static bool Affirms(string sentence, IReadOnlyList<(string Word, string Stem)> asked, IReadOnlySet<string> terms)
    {
        var clause = Tokens(sentence.Split([',', ';', '—', '–'])
            .MaxBy(c => Words.Terms(c).Distinct(StringComparer.Ordinal).Count(terms.Contains))!);
        var negations = clause.Count(t => Negation.Is(t.Word));
        return (negations % 2 == 0) != Opposites.Any(o => Opposed(o.Item1, o.Item2) || Opposed(o.Item2, o.Item1));

        bool Opposed(string a, string b) => Has(asked, a) && !Has(asked, b) && Has(clause, b) && !Has(clause, a);
    }

    private static bool Has(IReadOnlyList<(string Word, string Stem)> tokens, string word) => tokens.Any(t => t.Word == word || t.Stem == Words.Stem(word));

    private static List<(string Word, string Stem)> Tokens(string text) => [.. Negation.Tokens(text).Select(t => (t, Words.Stem(t)))];
}
