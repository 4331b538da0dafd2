namespace Quorate.Protocol.Auction;

/// <summary>
/// How far an approach is from those that won before: 1 less the largest Jaccard similarity of their sets of words (Jaccard, 1901).
/// With nothing to compare with, every approach is worth <see cref="Unknown"/>; one without words is worth 0.
/// </summary>
public sealed class Novelty
{
    public const double Unknown = 0.5;

    private readonly Dictionary<string, List<int>> _approachesByWord = new(StringComparer.Ordinal);
    private readonly List<int> _sizes = [];

    /// <param name="winners">Approaches of past winners; those without words are passed over.</param>
    public Novelty(IEnumerable<IReadOnlyList<string>> winners)
    {
        foreach (var words in winners.Select(WordsOf).Where(w => w.Count > 0))
        {
            foreach (var word in words)
            {
                if (!_approachesByWord.TryGetValue(word, out var approaches))
                {
                    _approachesByWord[word] = approaches = [];
                }

                approaches.Add(_sizes.Count);
            }

            _sizes.Add(words.Count);
        }
    }

    /// <summary>0 to 1.</summary>
    public double Of(IReadOnlyList<string> approach)
    {
        var words = WordsOf(approach);
        if (words.Count == 0 || _sizes.Count == 0)
        {
            return words.Count == 0 ? 0 : Unknown;
        }

        Span<int> common = _sizes.Count <= 256 ? stackalloc int[_sizes.Count] : new int[_sizes.Count];
        common.Clear();
        foreach (var word in words)
        {
            foreach (var other in _approachesByWord.GetValueOrDefault(word) ?? [])
            {
                common[other]++;
            }
        }

        var most = 0.0;
        for (var i = 0; i < common.Length; i++)
        {
            most = Math.Max(most, common[i] / (double)(words.Count + _sizes[i] - common[i]));
        }

        return 1 - most;
    }

    private static HashSet<string> WordsOf(IReadOnlyList<string> approach)
    {
        var words = new HashSet<string>(StringComparer.Ordinal);
        foreach (var text in approach)
        {
            var start = 0;
            for (var i = 0; i <= text.Length; i++)
            {
                if (i == text.Length || !char.IsLetterOrDigit(text[i]))
                {
                    if (i > start)
                    {
                        words.Add(text[start..i].ToLowerInvariant());
                    }

                    start = i + 1;
                }
            }
        }

        return words;
    }
}
