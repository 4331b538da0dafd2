namespace Quorate.Models.Documents;

/// <summary>
/// The vector space model (Salton, Wong and Yang, A Vector Space Model for Automatic Indexing, 1975) over texts given as their terms:
/// sublinear term frequency 1 + ln(tf), smoothed idf 1 + ln((1 + N) / (1 + n)), vectors of length 1.
/// </summary>
public sealed class TfIdf
{
    private readonly Dictionary<string, int> _frequency = new(StringComparer.Ordinal);

    public TfIdf(IEnumerable<IEnumerable<string>> texts)
    {
        foreach (var text in texts)
        {
            Count++;
            foreach (var term in text.Distinct(StringComparer.Ordinal))
            {
                _frequency[term] = _frequency.GetValueOrDefault(term) + 1;
            }
        }
    }

    /// <summary>Texts that the weights come from.</summary>
    public int Count { get; }

    /// <summary>Each word, and each pair of neighbours.</summary>
    public static IEnumerable<string> WithPairs(IReadOnlyList<string> words) => words.Concat(words.Zip(words.Skip(1), (a, b) => $"{a} {b}"));

    /// <summary>A text's vector by term; empty for a text without terms.</summary>
    public IReadOnlyDictionary<string, double> Vector(IEnumerable<string> terms)
    {
        var vector = terms.GroupBy(t => t, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => (1 + Math.Log(g.Count())) * (1 + Math.Log((1.0 + Count) / (1 + _frequency.GetValueOrDefault(g.Key)))), StringComparer.Ordinal);
        var length = Math.Sqrt(vector.Values.Sum(v => v * v));
        foreach (var term in vector.Keys)
        {
            vector[term] /= length;
        }

        return vector;
    }

    /// <summary>0 (nothing in common, or an empty vector) to 1.</summary>
    public static double Cosine(IReadOnlyDictionary<string, double> a, IReadOnlyDictionary<string, double> b)
    {
        var (few, many) = a.Count <= b.Count ? (a, b) : (b, a);
        var sum = 0.0;
        foreach (var (term, weight) in few)
        {
            if (many.TryGetValue(term, out var other))
            {
                sum += weight * other;
            }
        }

        return Math.Clamp(sum, 0, 1);
    }
}
