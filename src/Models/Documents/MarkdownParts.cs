using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Quorate.Models.Documents;

/// <param name="Headings">The headings above it, the outermost first; a heading's own is the last.</param>
/// <param name="Line">Of the source, from 1.</param>
/// <param name="Source">As written.</param>
/// <param name="IsHeading">True for a heading itself.</param>
/// <param name="IsCode">True for a block of code.</param>
/// <param name="Texts">As read: a paragraph's or list item's text, a table's rows or code's lines, each with its line.</param>
public sealed record MarkdownPart(IReadOnlyList<string> Headings, int Line, string Source, bool IsHeading, bool IsCode, IReadOnlyList<(int Line, string Text)> Texts);

/// <summary>Reads Markdown (CommonMark) block by block.</summary>
public static class MarkdownParts
{
    /// <summary>The top-level blocks in their order.</summary>
    public static IEnumerable<MarkdownPart> Read(string markdown)
    {
        IReadOnlyList<string> headings = [];
        foreach (var block in Markdown.Parse(markdown))
        {
            var source = block.Span.Length > 0 && block.Span.End < markdown.Length ? markdown.Substring(block.Span.Start, block.Span.Length) : "";
            if (block is HeadingBlock heading)
            {
                headings = [.. headings.Take(heading.Level - 1), Plain(heading)];
                yield return new MarkdownPart(headings, block.Line + 1, source, IsHeading: true, IsCode: false, []);
            }
            else
            {
                yield return new MarkdownPart(headings, block.Line + 1, source, IsHeading: false, block is CodeBlock, [.. Texts(block)]);
            }
        }
    }

    private static IEnumerable<(int Line, string Text)> Texts(Block block) => block switch
    {
        CodeBlock code => code.Lines.Lines is { } lines
            ? lines.Take(code.Lines.Count).Select((line, i) => (code.Line + 1 + i + (code is FencedCodeBlock ? 1 : 0), line.ToString().Trim()))
            : [],
        ContainerBlock container => container.SelectMany(Texts),
        LeafBlock { Inline: not null } leaf => Rows(leaf),
        _ => [],
    };

    /// <summary>A table is a paragraph of lines with bars to CommonMark: its rows are read cell by cell, without the head.</summary>
    private static IEnumerable<(int Line, string Text)> Rows(LeafBlock leaf)
    {
        var lines = Plain(leaf).Split('\n');
        if (!Array.TrueForAll(lines, l => l.StartsWith('|')) || lines.Length < 3)
        {
            return [(leaf.Line + 1, string.Join(' ', lines))];
        }

        return lines.Select((line, i) => (leaf.Line + 1 + i, string.Join(": ", line.Split('|', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))).Skip(2);
    }

    private static string Plain(LeafBlock block) =>
        string.Concat(block.Inline?.Descendants().Select(i => i switch
        {
            LiteralInline literal => literal.Content.ToString(),
            CodeInline code => code.Content,
            LineBreakInline => "\n",
            _ => "",
        }) ?? []);
}
