using Quorate.Models.Documents;

namespace Quorate.Engine.Triage.Agents;

/// <summary>A runbook section: the file, the headings above it joined with " > ", and its text.</summary>
public sealed record RunbookSection(string File, string Heading, string Text);

public sealed record RunbookHit(RunbookSection Section, double Score);

/// <summary>Ranks sections of Markdown runbooks for a question by <see cref="Bm25"/>.</summary>
public sealed class RunbookIndex
{
    public const int MaxFiles = 200;
    public const int MaxFileBytes = 256 * 1024;
    public const int MaxSections = 5_000;

    private readonly List<RunbookSection> _sections;
    private readonly Bm25 _ranking;

    public RunbookIndex(IEnumerable<RunbookSection> sections)
    {
        _sections = [.. sections.Take(MaxSections)];
        _ranking = new Bm25(_sections.Select(s => Words.Of($"{s.Heading} {s.Text}")));
    }

    public int Count => _sections.Count;

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
    public IReadOnlyList<RunbookHit> Search(string query, int count) =>
        [.. _ranking.Scores(Words.Of(query)).Select(s => new RunbookHit(_sections[s.Index], s.Score))
            .OrderByDescending(h => h.Score).ThenBy(h => h.Section.File, StringComparer.Ordinal).ThenBy(h => h.Section.Heading, StringComparer.Ordinal)
            .Take(count)];

    public static IEnumerable<RunbookSection> Split(string file, string markdown)
    {
        var heading = "";
        var text = new List<string>();
        foreach (var part in MarkdownParts.Read(markdown))
        {
            if (!part.IsHeading)
            {
                text.Add(part.Source);
                continue;
            }

            if (text.Count > 0 || heading.Length > 0)
            {
                yield return new RunbookSection(file, heading, string.Join('\n', text).Trim());
            }

            heading = string.Join(" > ", part.Headings);
            text.Clear();
        }

        if (text.Count > 0 || heading.Length > 0)
        {
            yield return new RunbookSection(file, heading, string.Join('\n', text).Trim());
        }
    }

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
}
