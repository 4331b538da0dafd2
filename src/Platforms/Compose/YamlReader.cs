using System.Text;
using Quorate.Contracts;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Quorate.Platforms.Compose;

/// <summary>Reads YAML into <see cref="Node"/>s with anchors, aliases and merge keys resolved, within fixed bounds.</summary>
internal sealed class YamlReader
{
    public const int MaxBytes = 1 << 20;
    private const int MaxDepth = 64;
    private const int MaxNodes = 100_000;
    private const string MergeKey = "<<";

    private readonly SourceFile _source;
    private readonly Parser _parser;
    private readonly Problems _problems;
    private readonly Dictionary<string, Node?> _anchors = [];

    private YamlReader(SourceFile source, string text, Problems problems)
    {
        _source = source;
        _parser = new Parser(new StringReader(text));
        _problems = problems;
    }

    /// <summary>The file's documents in order; null when it cannot be read, with the reason in <paramref name="problems"/>.</summary>
    public static IReadOnlyList<Node>? Read(SourceFile source, Problems problems)
    {
        if (ReadText(source.Path, problems) is not { } text)
        {
            return null;
        }

        try
        {
            return new YamlReader(source, text, problems).ReadDocuments();
        }
        catch (YamlException e)
        {
            problems.Add(source.Path, (int)e.Start.Line, $"not valid YAML: {e.Message}");
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or IndexOutOfRangeException or FormatException or OverflowException)
        {
            // The parser reports some malformed escapes and marks with these instead of its own exception.
            problems.Add(source.Path, 0, $"not valid YAML: {e.Message}");
        }

        return null;
    }

    /// <summary>A bounded text file as strict UTF-8; null when it cannot be read, with the reason in <paramref name="problems"/>.</summary>
    public static string? ReadText(string path, Problems problems)
    {
        try
        {
            var bytes = BoundedFile.Read(path, MaxBytes);
            if (bytes.Length > MaxBytes)
            {
                problems.Add(path, 0, $"the file is larger than {MaxBytes} bytes; allowed: up to {MaxBytes} bytes");
                return null;
            }

            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            problems.Add(path, 0, "the file is not UTF-8 text; allowed: UTF-8");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            problems.Add(path, 0, $"the file cannot be read: {e.Message}");
        }

        return null;
    }

    private List<Node> ReadDocuments()
    {
        var documents = new List<Node>();
        _parser.Consume<StreamStart>();
        while (_parser.Accept<DocumentStart>(out _))
        {
            _parser.Consume<DocumentStart>();
            _anchors.Clear();
            documents.Add(ReadNode(0));
            _parser.Consume<DocumentEnd>();
        }

        return documents;
    }

    private Node ReadNode(int depth)
    {
        var start = _parser.Current!.Start;
        if (depth > MaxDepth)
        {
            throw new YamlException(start, start, $"nested deeper than {MaxDepth} levels");
        }

        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            return _anchors.GetValueOrDefault(alias.Value.Value)
                ?? throw new YamlException(start, start, $"the alias *{alias.Value.Value} has no anchor before it that is complete");
        }

        var anchor = (_parser.Current as NodeEvent)?.Anchor ?? AnchorName.Empty;
        if (!anchor.IsEmpty)
        {
            _anchors[anchor.Value] = null;
        }

        var node = ReadContent(depth);
        if (node.Size > MaxNodes || node.Depth > MaxDepth)
        {
            throw new YamlException(start, start, $"more than {MaxNodes} values or {MaxDepth} levels once aliases are expanded");
        }

        if (!anchor.IsEmpty)
        {
            _anchors[anchor.Value] = node;
        }

        return node;
    }

    private Node ReadContent(int depth)
    {
        if (_parser.TryConsume<Scalar>(out var scalar))
        {
            var plain = scalar.Style == ScalarStyle.Plain;
            return new ScalarNode(_source, (int)scalar.Start.Line, scalar.Value, plain && (scalar.Value is "" or "~" or "null" or "Null" or "NULL"));
        }

        if (_parser.TryConsume<SequenceStart>(out var sequence))
        {
            var items = new List<Node>();
            while (!_parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(ReadNode(depth + 1));
            }

            return new ListNode(_source, (int)sequence.Start.Line, items);
        }

        return ReadMap(_parser.Consume<MappingStart>(), depth);
    }

    private MapNode ReadMap(MappingStart start, int depth)
    {
        var entries = new OrderedDictionary<string, Node>();
        var merged = new List<Node>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var mark = _parser.Current!.Start;
            if (ReadNode(depth + 1) is not ScalarNode key)
            {
                throw new YamlException(mark, mark, "a key is a list or a map; allowed: text");
            }

            var value = ReadNode(depth + 1);
            if (key.Text == MergeKey)
            {
                merged.Add(value);
            }
            else if (!entries.TryAdd(key.Text, value))
            {
                _problems.Add(key, "duplicate key", $"already given on line {entries[key.Text].Line}; allowed: each key once");
            }
        }

        merged.ForEach(value => Merge(entries, value));
        return new MapNode(_source, (int)start.Start.Line, entries);
    }

    /// <summary>YAML 1.1 merge key: keys given here win over merged ones, earlier merged maps over later ones.</summary>
    private void Merge(OrderedDictionary<string, Node> entries, Node value)
    {
        foreach (var part in value is ListNode list ? list.Items : [value])
        {
            if (part is not MapNode map)
            {
                _problems.Add(part, MergeKey, "allowed: a map, or a list of maps");
                continue;
            }

            foreach (var (key, node) in map.Entries)
            {
                entries.TryAdd(key, node);
            }
        }
    }
}
