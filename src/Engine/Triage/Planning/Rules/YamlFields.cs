using System.Globalization;
using Quorate.Contracts;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Quorate.Engine.Triage.Planning.Rules;

/// <summary>One YAML mapping, read strictly: each error names the file, the line and the path of the field.</summary>
internal sealed class YamlFields
{
    private readonly string _where;
    private readonly string _file;
    private readonly Dictionary<string, YamlNode> _fields = new(StringComparer.Ordinal);

    private YamlFields(string file, string where, YamlMappingNode node)
    {
        (_file, _where) = (file, where);
        foreach (var (key, value) in node.Children)
        {
            _fields[(key as YamlScalarNode)?.Value ?? throw Error(key, where, "a field's name is not text")] = value;
        }
    }

    public IEnumerable<string> Names => _fields.Keys;

    /// <summary>The mapping that a whole file is.</summary>
    /// <exception cref="QuorateException">Input: not YAML, or not one mapping.</exception>
    public static YamlFields Parse(string file, string yaml)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(yaml));
        }
        catch (YamlException error)
        {
            throw QuorateException.Input("rulebook", $"{file}, line {error.Start.Line}: {error.Message}", "see docs/rulebook.md", error);
        }

        return stream.Documents.Count == 1 && stream.Documents[0].RootNode is YamlMappingNode root
            ? new YamlFields(file, "", root)
            : throw QuorateException.Input("rulebook", $"{file}: holds {stream.Documents.Count} documents that are no single mapping", "see docs/rulebook.md");
    }

    /// <summary>The same with a name in its errors that people know, such as <c>rule paused</c>.</summary>
    public YamlFields Named(string where) => new(_file, where, _fields);

    private YamlFields(string file, string where, Dictionary<string, YamlNode> fields) => (_file, _where, _fields) = (file, where, fields);

    public void Allow(params IEnumerable<string> names)
    {
        foreach (var field in _fields.Where(f => !names.Contains(f.Key, StringComparer.Ordinal)))
        {
            throw Error(field.Value, Path(field.Key), $"is unknown; allowed: {string.Join(", ", names)}");
        }
    }

    public bool Has(string name) => _fields.ContainsKey(name);

    public string Text(string name) => Optional(name) ?? throw Missing(name);

    public string? Optional(string name) =>
        !_fields.TryGetValue(name, out var node) ? null
        : node is YamlScalarNode { Value: { Length: > 0 and <= 2000 } text } ? text
        : throw Error(node, Path(name), "is not a text of 1–2000 characters");

    public double Number(string name, double min, double max)
    {
        var text = Text(name);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw Error(_fields[name], Path(name), $"is {text}; allowed: {min}–{max}");
    }

    public bool Flag(string name, bool fallback = false) => Optional(name) switch
    {
        null => fallback,
        "true" => true,
        "false" => false,
        var other => throw Error(_fields[name], Path(name), $"is {other}; allowed: true or false"),
    };

    /// <summary>A list of texts; a single text counts as a list of one. Empty when the field is absent.</summary>
    public IReadOnlyList<string> Texts(string name) => Nodes(name)
        .Select(n => n is YamlScalarNode { Value: { Length: > 0 and <= 2000 } text } ? text : throw Error(n, Path(name), "holds something that is not a text of 1–2000 characters"))
        .ToList();

    public YamlFields? Map(string name) =>
        !_fields.TryGetValue(name, out var node) ? null
        : node is YamlMappingNode map ? new YamlFields(_file, Path(name), map)
        : throw Error(node, Path(name), "is not a mapping");

    /// <summary>A list of mappings; a plain text in it counts as a mapping with only the field <paramref name="shorthand"/>.</summary>
    public IReadOnlyList<YamlFields> Maps(string name, string? shorthand = null) => Nodes(name).Select((n, i) => n switch
    {
        YamlMappingNode map => new YamlFields(_file, $"{Path(name)}[{i}]", map),
        YamlScalarNode scalar when shorthand is not null => new YamlFields(_file, $"{Path(name)}[{i}]", new YamlMappingNode(new YamlScalarNode(shorthand), scalar)),
        _ => throw Error(n, $"{Path(name)}[{i}]", "is not a mapping"),
    }).ToList();

    public QuorateException Wrong(string name, string problem) => Error(_fields.GetValueOrDefault(name), Path(name), problem);

    private QuorateException Missing(string name) => Error(_fields.Values.FirstOrDefault(), Path(name), "is missing");

    private IEnumerable<YamlNode> Nodes(string name) =>
        !_fields.TryGetValue(name, out var node) ? []
        : node is YamlSequenceNode list ? list.Children.Count <= 500 ? list.Children : throw Error(node, Path(name), "has more than 500 entries")
        : [node];

    private string Path(string name) => _where.Length == 0 ? name : $"{_where}.{name}";

    private QuorateException Error(YamlNode? node, string path, string problem) =>
        QuorateException.Input("rulebook", $"{_file}{(node is null ? "" : $", line {node.Start.Line}")}: {path}: {problem}", "see docs/rulebook.md");
}
