namespace Quorate.Models.Documents;

/// <summary>
/// Okapi BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009) over texts given as their terms;
/// k1 1.2, b 0.75, idf ln(1 + (N − n + 0.5) / (n + 0.5)).
/// </summary>
public sealed class Bm25
{
    public const double K1 = 1.2;
    public const double B = 0.75;

    private readonly List<(Dictionary<string, int> Terms, int Length)> _texts = [];
    private readonly Dictionary<string, List<int>> _postings = new(StringComparer.Ordinal);
    private readonly double _averageLength;

    public Bm25(IEnumerable<IEnumerable<string>> texts)
    {
        foreach (var text in texts)
        {
            var terms = text.GroupBy(t => t, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
            foreach (var term in terms.Keys)
            {
                if (!_postings.TryGetValue(term, out var postings))
                {
                    _postings[term] = postings = [];
                }

                postings.Add(_texts.Count);
            }

            _texts.Add((terms, terms.Values.Sum()));
        }

        _averageLength = _texts.Count == 0 ? 0 : _texts.Average(t => t.Length);
    }

    public int Count => _texts.Count;

    /// <summary>How much a term tells, above 0; most for a term that no text holds.</summary>
    public double Idf(string term)
    {
        var containing = _postings.TryGetValue(term, out var postings) ? postings.Count : 0;
        return Math.Log(1 + ((Count - containing + 0.5) / (containing + 0.5)));
    }

    /// <summary>Index and score of each text that holds one of the terms, in the texts' order.</summary>
    public IReadOnlyList<(int Index, double Score)> Scores(IEnumerable<string> terms)
    {
        var scores = new SortedDictionary<int, double>();
        foreach (var term in terms.Distinct(StringComparer.Ordinal).Where(_postings.ContainsKey))
        {
            var idf = Idf(term);
            foreach (var index in _postings[term])
            {
                var (counts, length) = _texts[index];
                var frequency = counts[term];
                var norm = K1 * (1 - B + (B * length / _averageLength));
                scores[index] = scores.GetValueOrDefault(index) + (idf * frequency * (K1 + 1) / (frequency + norm));
            }
        }

        return [.. scores.Select(s => (s.Key, s.Value))];
    }
}
