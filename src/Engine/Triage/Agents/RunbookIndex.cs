using System.Text;
using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Quorate.Engine.Triage.Agents;

/// <summary>A runbook section: the file, the headings above it joined with " > ", and its text.</summary>
public sealed record RunbookSection(string File, string Heading, string Text);

public sealed record RunbookHit(RunbookSection Section, double Score);

/// <summary>
/// Ranks sections of Markdown runbooks for a question by BM25 (Robertson and Zaragoza, The Probabilistic Relevance
/// Framework: BM25 and Beyond, 2009; k1 1.2, b 0.75).
/// </summary>
public sealed class RunbookIndex
{
    public const double K1 = 1.2;
    public const double B = 0.75;
    public const int MaxFiles = 200;
    public const int MaxFileBytes = 256 * 1024;
    public const int MaxSections = 5_000;

    private readonly List<Document> _documents = [];
    private readonly Dictionary<string, int> _documentFrequency = new(StringComparer.Ordinal);
    private readonly double _averageLength;

    public RunbookIndex(IEnumerable<RunbookSection> sections)
    {
        foreach (var section in sections.Take(MaxSections))
        {
            var terms = Tokenise($"{section.Heading} {section.Text}").GroupBy(t => t, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
            _documents.Add(new Document(section, terms, terms.Values.Sum()));
            foreach (var term in terms.Keys)
            {
                _documentFrequency[term] = _documentFrequency.GetValueOrDefault(term) + 1;
            }
        }

        _averageLength = _documents.Count == 0 ? 0 : _documents.Average(d => d.Length);
    }

    public int Count => _documents.Count;

    /// <summary>Reads <c>*.md</c> under the folders; folders and files that cannot be read are left out.</summary>
    public static RunbookIndex Load(IEnumerable<string> folders)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 4, IgnoreInaccessible = true };
        var files = folders.Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.md", options).Order(StringComparer.Ordinal))
            .Take(MaxFiles);
        return new RunbookIndex(files.SelectMany(ReadFile));
    }

    /// <summary>Sections with at least one of the query's words, best first.</summary>
    public IReadOnlyList<RunbookHit> Search(string query, int count)
    {
        var terms = Tokenise(query).Distinct(StringComparer.Ordinal).ToList();
        return [.. _documents.Select(d => new RunbookHit(d.Section, Score(d, terms)))
            .Where(h => h.Score > 0)
            .OrderByDescending(h => h.Score).ThenBy(h => h.Section.File, StringComparer.Ordinal).ThenBy(h => h.Section.Heading, StringComparer.Ordinal)
            .Take(count)];
    }

    public static IEnumerable<RunbookSection> Split(string file, string markdown)
    {
        var path = new List<string>();
        var text = new StringBuilder();
        var heading = "";
        foreach (var block in Markdown.Parse(markdown))
        {
            if (block is HeadingBlock next)
            {
                if (text.Length > 0 || heading.Length > 0)
                {
                    yield return new RunbookSection(file, heading, text.ToString().Trim());
                }

                path = [.. path.Take(next.Level - 1), PlainHeading(next)];
                heading = string.Join(" > ", path);
                text.Clear();
            }
            else if (block.Span.Length > 0 && block.Span.End < markdown.Length)
            {
                text.Append(markdown.AsSpan(block.Span.Start, block.Span.Length)).Append('\n');
            }
        }

        if (text.Length > 0 || heading.Length > 0)
        {
            yield return new RunbookSection(file, heading, text.ToString().Trim());
        }
    }

    private static string PlainHeading(HeadingBlock heading) =>
        string.Concat(heading.Inline?.Descendants().Select(i => i switch
        {
            LiteralInline literal => literal.Content.ToString(),
            CodeInline code => code.Content,
            _ => "",
        }) ?? []);

    private static IEnumerable<RunbookSection> ReadFile(string file)
    {
        try
        {
            return new FileInfo(file) is { Length: <= MaxFileBytes } ? [.. Split(file, File.ReadAllText(file))] : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private double Score(Document document, List<string> terms)
    {
        var score = 0.0;
        foreach (var term in terms)
        {
            if (document.Terms.TryGetValue(term, out var frequency))
            {
                var containing = _documentFrequency[term];
                var idf = Math.Log(1 + ((_documents.Count - containing + 0.5) / (containing + 0.5)));
                var norm = K1 * (1 - B + (B * document.Length / _averageLength));
                score += idf * frequency * (K1 + 1) / (frequency + norm);
            }
        }

        return score;
    }

    private static IEnumerable<string> Tokenise(string text)
    {
        var word = new StringBuilder();
        foreach (var c in text)
        {
            if (char.IsLetterOrDigit(c))
            {
                word.Append(char.ToLowerInvariant(c));
            }
            else if (word.Length > 0)
            {
                yield return word.ToString();
                word.Clear();
            }
        }

        if (word.Length > 0)
        {
            yield return word.ToString();
        }
    }

    private sealed record Document(RunbookSection Section, IReadOnlyDictionary<string, int> Terms, int Length);
}
