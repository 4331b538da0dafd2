using System.Collections.ObjectModel;
using Quorate.Models.Documents;

namespace Quorate.Models.Providers.Embedded;

/// <summary>A paragraph, list item, table row or line of code.</summary>
/// <param name="File">Relative to its folder, with forward slashes.</param>
/// <param name="Headings">Above it, the outermost first; none in plain text.</param>
/// <param name="Line">In the file, from 1.</param>
/// <param name="Text">Without markup.</param>
public sealed record Passage(string File, IReadOnlyList<string> Headings, int Line, string Text)
{
    /// <summary><c>file.md#heading</c>, spelled as GitHub spells a heading's address, or <c>file.md:line</c> without one.</summary>
    public string Citation => Headings.Count == 0 ? $"{File}:{Line}" : $"{File}#{Slug(Headings[^1])}";

    /// <summary>Words of the file's name and the headings.</summary>
    public string Context => $"{Path.GetFileNameWithoutExtension(File)} {string.Join(' ', Headings)}";

    private static string Slug(string heading) =>
        string.Concat(heading.Trim().ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-');
}

/// <param name="Passage">Where it stands.</param>
/// <param name="Text">As written, without markup.</param>
/// <param name="Position">Among the sentences under the same heading, from 0.</param>
/// <param name="Terms">Its own.</param>
/// <param name="ContextTerms">Of the file's name and the headings.</param>
public sealed record Sentence(Passage Passage, string Text, int Position, IReadOnlyList<string> Terms, IReadOnlySet<string> ContextTerms);

/// <summary>Passages and sentences of a set of documents, ready to be searched. Immutable.</summary>
public sealed class DocumentIndex
{
    public const int MaxPassages = 20_000;
    private const int MaxSentenceLength = 600;
    private const int LeastTerms = 2;

    private readonly Lazy<Bm25> _passageRanking;
    private readonly Lazy<Bm25> _sentenceRanking;
    private readonly Lazy<(TfIdf Space, IReadOnlyList<IReadOnlyDictionary<string, double>> Vectors)> _vectors;

    public DocumentIndex(IEnumerable<Passage> passages)
    {
        Passages = [.. passages.Take(MaxPassages)];
        SentencesOf = [.. Passages.Select(_ => new List<int>())];
        var sentences = new List<Sentence>();
        var positions = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < Passages.Count; i++)
        {
            var passage = Passages[i];
            var context = new ReadOnlySet<string>(Words.Terms(passage.Context).ToHashSet(StringComparer.Ordinal));
            foreach (var text in Sentences.Of(passage.Text))
            {
                var key = $"{passage.File}#{string.Join('#', passage.Headings)}";
                var position = positions.GetValueOrDefault(key);
                positions[key] = position + 1;
                var kept = text.Length <= MaxSentenceLength ? text : text[..MaxSentenceLength] + "…";
                var terms = Words.Terms(kept).ToList();
                if (terms.Count >= LeastTerms)
                {
                    SentencesOf[i].Add(sentences.Count);
                    sentences.Add(new Sentence(passage, kept, position, terms, context));
                }
            }
        }

        All = sentences;
        _passageRanking = new(() => new Bm25(Passages.Select(p => Words.Terms($"{p.Context} {p.Text}"))));
        _sentenceRanking = new(() => new Bm25(All.Select(s => s.Terms.Concat(s.ContextTerms))));
        _vectors = new(() =>
        {
            var space = new TfIdf(All.Select(Features));
            return (space, [.. All.Select(s => space.Vector(Features(s)))]);
        });
    }

    public IReadOnlyList<Passage> Passages { get; }

    /// <summary>The sentences of two terms or more, in the documents' order.</summary>
    public IReadOnlyList<Sentence> All { get; }

    /// <summary>For each passage its sentences' indexes.</summary>
    internal IReadOnlyList<List<int>> SentencesOf { get; }

    /// <summary>Over passages with their headings.</summary>
    internal Bm25 PassageRanking => _passageRanking.Value;

    /// <summary>Over sentences with their headings; its idf weighs a question's words.</summary>
    internal Bm25 SentenceRanking => _sentenceRanking.Value;

    /// <summary>Over sentences with their headings, in words and pairs of words.</summary>
    internal (TfIdf Space, IReadOnlyList<IReadOnlyDictionary<string, double>> Vectors) Vectors => _vectors.Value;

    /// <summary>The idf-weighted share of terms that a sentence and its headings hold, 0 to 1.</summary>
    internal double Coverage(IReadOnlyCollection<string> terms, IEnumerable<string> found)
    {
        var held = found.ToHashSet(StringComparer.Ordinal);
        var all = terms.Sum(SentenceRanking.Idf);
        return all > 0 ? terms.Where(held.Contains).Sum(SentenceRanking.Idf) / all : 0;
    }

    private static IEnumerable<string> Features(Sentence sentence) =>
        TfIdf.WithPairs(sentence.Terms).Concat(sentence.ContextTerms.Except(sentence.Terms, StringComparer.Ordinal));
}
