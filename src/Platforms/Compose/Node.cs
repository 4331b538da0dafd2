namespace Quorate.Platforms.Compose;

/// <summary>A YAML file by its full path; relative paths in it are relative to its folder.</summary>
internal sealed record SourceFile(string Path)
{
    public string Directory { get; } = System.IO.Path.GetDirectoryName(Path)!;

    /// <summary>Full form of a path in this file.</summary>
    public string Resolve(string path) => System.IO.Path.GetFullPath(path, Directory);
}

/// <summary>A YAML value that remembers where it stands. Size counts it and everything below it, aliases expanded; Depth is its levels.</summary>
internal abstract class Node(SourceFile source, int line, IEnumerable<Node> children)
{
    public SourceFile Source { get; } = source;
    public int Line { get; } = line;
    public long Size { get; } = 1 + children.Sum(c => c.Size);
    public int Depth { get; } = 1 + children.Select(c => c.Depth).DefaultIfEmpty().Max();
}

internal sealed class ScalarNode(SourceFile source, int line, string text, bool isNull = false) : Node(source, line, [])
{
    public string Text { get; } = text;
    public bool IsNull { get; } = isNull;
}

internal sealed class ListNode(SourceFile source, int line, IReadOnlyList<Node> items)
    : Node(source, line, items)
{
    public IReadOnlyList<Node> Items { get; } = items;
}

internal sealed class MapNode(SourceFile source, int line, OrderedDictionary<string, Node> entries)
    : Node(source, line, entries.Values)
{
    public OrderedDictionary<string, Node> Entries { get; } = entries;
}
