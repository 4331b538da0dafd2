using Quorate.Models.Documents;

namespace Quorate.Models.Providers.Embedded;

/// <param name="Sentence">What was found.</param>
/// <param name="Relevance">0 to 1, by the measure of the way that found it.</param>
internal sealed record Evidence(Sentence Sentence, double Relevance);

/// <summary>One way to find the sentences that answer a question, best first; none when nothing is relevant enough.</summary>
internal interface IRetrieval
{
    IReadOnlyList<Evidence> Find(DocumentIndex index, string question);
}

internal static class EvidenceOrder
{
    /// <summary>The most relevant, best first: at most so many, and only those that come near the best.</summary>
    /// <param name="found">In the documents' order.</param>
    /// <param name="most">How many.</param>
    /// <param name="nearBest">Share of the best one's relevance that the others need.</param>
    public static IReadOnlyList<Evidence> Best(this IEnumerable<Evidence> found, int most, double nearBest)
    {
        var ranked = found.OrderByDescending(e => e.Relevance).Take(most).ToList();
        return [.. ranked.Where(e => e.Relevance >= nearBest * ranked[0].Relevance)];
    }
}

/// <summary>
/// Passages by BM25 over their words and headings; of the best ones the sentences that hold most of the question. Relevant are passages
/// that hold at least <see cref="Threshold"/> of the question's terms, weighted by idf.
/// </summary>
internal sealed class Bm25Retrieval : IRetrieval
{
    public const double Threshold = 0.55;
    private const int Passages = 3;
    private const int Most = 3;
    private const double NearBest = 0.7;

    public IReadOnlyList<Evidence> Find(DocumentIndex index, string question)
    {
        var terms = Question.Terms(question);
        var ranked = index.PassageRanking.Scores(terms).OrderByDescending(s => s.Score).ThenBy(s => s.Index).Take(Passages).ToList();
        return ranked.Where(s => s.Score >= NearBest * ranked[0].Score)
            .Select(s => (s.Index, s.Score, Sentences: index.SentencesOf[s.Index].Select(i => index.All[i]).ToList()))
            .Where(p => index.Coverage(terms, p.Sentences.SelectMany(s => s.Terms.Concat(s.ContextTerms))) >= Threshold)
            .SelectMany(p => p.Sentences.Select(s => new Evidence(s, index.Coverage(terms, s.Terms.Concat(s.ContextTerms)) * p.Score / ranked[0].Score)))
            .Where(e => e.Sentence.Terms.Intersect(terms, StringComparer.Ordinal).Any())
            .Best(Most, NearBest);
    }
}

/// <summary>Sentences by the cosine of their TF-IDF vectors (words, pairs of words, headings) with the question's; relevant from <see cref="Threshold"/> on.</summary>
internal sealed class TfIdfRetrieval : IRetrieval
{
    public const double Threshold = 0.18;
    private const double Covered = 0.5;
    private const int Most = 3;
    private const double NearBest = 0.75;

    public IReadOnlyList<Evidence> Find(DocumentIndex index, string question)
    {
        var (space, vectors) = index.Vectors;
        var terms = Question.Terms(question);
        var asked = space.Vector(TfIdf.WithPairs([.. terms]));
        // Words that no document holds have no place in the vectors, so how much of the question is covered is a question of its own.
        return vectors.Select((v, i) => new Evidence(index.All[i], TfIdf.Cosine(asked, v)))
            .Where(e => e.Relevance >= Threshold && index.Coverage(terms, e.Sentence.Terms.Concat(e.Sentence.ContextTerms)) >= Covered)
            .Best(Most, NearBest);
    }
}

/// <summary>
/// Sentences by the share of the question's words that they hold, all words alike; a word that only the headings hold counts half, and a
/// later sentence under a heading counts less: 1 / (1 + 0.05 × position). Relevant from <see cref="Threshold"/> on.
/// </summary>
internal sealed class OverlapRetrieval : IRetrieval
{
    /// <summary>More than half: one word of two proves nothing.</summary>
    public const double Threshold = 0.51;
    private const double HeadingWeight = 0.5;
    private const double Decay = 0.05;
    private const int Most = 2;
    private const double NearBest = 0.85;

    public IReadOnlyList<Evidence> Find(DocumentIndex index, string question)
    {
        var terms = Question.Terms(question);
        if (terms.Count == 0)
        {
            return [];
        }

        return index.All.Select(s => new Evidence(s, Share(s, terms) / (1 + (Decay * s.Position))))
            .Where(e => e.Relevance >= Threshold)
            .Best(Most, NearBest);
    }

    private static double Share(Sentence sentence, IReadOnlyCollection<string> terms)
    {
        var own = sentence.Terms.ToHashSet(StringComparer.Ordinal);
        var held = terms.Count(own.Contains);
        return held == 0 ? 0 : (held + (HeadingWeight * terms.Count(t => !own.Contains(t) && sentence.ContextTerms.Contains(t)))) / terms.Count;
    }
}

/// <summary>
/// What several ways agree on: reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009, k 60). At least two ways must find
/// something; where no sentence is found twice, the best one counts.
/// </summary>
internal sealed class FusedRetrieval(IReadOnlyList<IRetrieval> ways) : IRetrieval
{
    private const int K = 60;
    private const int Agreeing = 2;
    private const int Most = 3;

    public IReadOnlyList<Evidence> Find(DocumentIndex index, string question)
    {
        var found = ways.Select(w => w.Find(index, question)).ToList();
        var fused = found.SelectMany(list => list.Select((e, rank) => (e.Sentence, e.Relevance, Part: 1.0 / (K + rank + 1))))
            .GroupBy(e => e.Sentence, ReferenceEqualityComparer.Instance)
            .Select(g => (Evidence: new Evidence((Sentence)g.Key!, g.Average(e => e.Relevance)), Score: g.Sum(e => e.Part), Ways: g.Count()))
            .OrderByDescending(g => g.Score).ThenByDescending(g => g.Evidence.Relevance).ToList();
        var agreed = fused.Where(f => f.Ways >= Agreeing).ToList();
        return found.Count(list => list.Count > 0) < Agreeing ? [] : [.. (agreed.Count > 0 ? agreed : fused.Take(1)).Take(Most).Select(f => f.Evidence)];
    }
}
