using Quorate.Models.Documents;

namespace Quorate.Engine.Ask.Analysis;

/// <summary>A text's words, with apostrophes and question marks, and for each whether a negation governs it.</summary>
internal sealed class ToneText
{
    /// <summary>A negator governs this many words after it, up to the clause's end.</summary>
    private const int NegationReach = 3;

    public ToneText(string text)
    {
        var tokens = new List<string>();
        var negated = new List<bool>();
        foreach (var clause in text.Split(['.', ',', ';', ':', '!', '\n', '—', '–', '(', ')']))
        {
            var parts = clause.Split('?');
            var since = int.MaxValue;
            for (var i = 0; i < parts.Length; i++)
            {
                foreach (var word in Negation.Tokens(parts[i]))
                {
                    since = since == int.MaxValue ? since : since + 1;
                    tokens.Add(word);
                    negated.Add(since <= NegationReach);
                    since = Negation.Is(word) ? 0 : since;
                }

                if (i + 1 < parts.Length)
                {
                    tokens.Add("?");
                    negated.Add(false);
                    since = int.MaxValue;
                }
            }
        }

        Words = tokens;
        Negated = negated;
    }

    public IReadOnlyList<string> Words { get; }

    public IReadOnlyList<bool> Negated { get; }
}

/// <summary>Words, phrases and word beginnings (<c>empath*</c>) to look for; the longest phrase at a place counts.</summary>
internal sealed class PhraseLexicon
{
    private readonly Dictionary<string, List<string[]>> _phrases = new(StringComparer.Ordinal);
    private readonly HashSet<string> _beginnings = new(StringComparer.Ordinal);
    private readonly int _shortestBeginning = int.MaxValue;
    private readonly int _longestBeginning;

    public PhraseLexicon(IEnumerable<string> entries)
    {
        foreach (var entry in entries)
        {
            if (entry.EndsWith('*'))
            {
                _beginnings.Add(entry[..^1]);
                _shortestBeginning = Math.Min(_shortestBeginning, entry.Length - 1);
                _longestBeginning = Math.Max(_longestBeginning, entry.Length - 1);
                continue;
            }

            var words = entry.Split(' ');
            if (!_phrases.TryGetValue(words[0], out var phrases))
            {
                _phrases[words[0]] = phrases = [];
            }

            phrases.Add(words);
            phrases.Sort((a, b) => b.Length - a.Length);
        }
    }

    /// <summary>Where entries stand: the first word's place, the words, and whether a negation outside the entry governs it.</summary>
    public IEnumerable<(int At, int Length, bool Negated)> Matches(ToneText text)
    {
        for (var at = 0; at < text.Words.Count; at++)
        {
            if (LengthAt(text.Words, at) is > 0 and var length)
            {
                yield return (at, length, text.Negated[at]);
                at += length - 1;
            }
        }
    }

    private int LengthAt(IReadOnlyList<string> words, int at)
    {
        var phrase = _phrases.GetValueOrDefault(words[at])?.Find(p => p.Length <= words.Count - at && !p.Where((w, i) => words[at + i] != w).Any());
        if (phrase is not null)
        {
            return phrase.Length;
        }

        var beginnings = _beginnings.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var length = _shortestBeginning; length <= Math.Min(_longestBeginning, words[at].Length); length++)
        {
            if (beginnings.Contains(words[at].AsSpan(0, length)))
            {
                return 1;
            }
        }

        return 0;
    }
}
