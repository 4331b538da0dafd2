using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Quorate.Contracts;

namespace Quorate.Engine.Coordination;

/// <summary>A kind of JSON file from elsewhere: the code of its errors, and where its form is told.</summary>
internal sealed record FileForm(string Code, string Hint)
{
    /// <summary>Levels of brackets.</summary>
    private const int MaxDepth = 8;

    /// <exception cref="QuorateException">Input: no JSON, a repeated or unknown member, or something else than an object.</exception>
    public FileFields Parse(string json, params string[] allowed)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            return new FileFields(this, document.RootElement.Clone(), "", allowed);
        }
        catch (JsonException e)
        {
            throw QuorateException.Input(Code, $"line {e.LineNumber + 1}: {PlainText.Line(e.Message, 300)}", Hint, e);
        }
    }

    public QuorateException Wrong(string message) => QuorateException.Input(Code, message, Hint);
}

/// <summary>
/// An object of such a file. Its members are read one by one, so that a mistake is told with its place, its value and what is allowed;
/// null is no value. Every method throws <see cref="QuorateException"/> (Input) for a value that is not allowed.
/// </summary>
internal sealed partial class FileFields
{
    private const int MaxShown = 60;
    private readonly FileForm _form;
    private readonly JsonElement _object;
    private readonly string _path;

    public FileFields(FileForm form, JsonElement element, string path, string[] allowed)
    {
        (_form, _object, _path) = (form, element, path);
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw form.Wrong($"{(path.Length == 0 ? "the file" : path)} is {Shown(element)}; an object is allowed");
        }

        if (element.EnumerateObject().FirstOrDefault(p => !allowed.Contains(p.Name)) is { Value.ValueKind: not JsonValueKind.Undefined } unknown)
        {
            throw form.Wrong($"{At(PlainText.Line(unknown.Name, MaxShown))} is unknown; {string.Join(", ", allowed)} are allowed");
        }
    }

    public bool Has(string field) => _object.TryGetProperty(field, out _);

    /// <summary>1 to 64 letters, digits, dots, underscores and hyphens, the first a letter or digit.</summary>
    public string Name(string field) => Name(Required(field), At(field));

    public IReadOnlyList<string> Names(string field, int most) => [.. Items(field, 0, most).Select((item, i) => Name(item, $"{At(field)}[{i}]"))];

    /// <summary>Texts of 1 to <paramref name="longest"/> characters.</summary>
    public IReadOnlyList<string> Texts(string field, int most, int longest) =>
        [.. Items(field, 0, most).Select((item, i) => item.ValueKind == JsonValueKind.String && item.GetString() is { Length: > 0 } text && text.Length <= longest
            ? text
            : throw _form.Wrong($"{At(field)}[{i}] is {Shown(item)}; a text of 1 to {longest} characters is allowed"))];

    public bool Flag(string field) => Required(field) is { ValueKind: JsonValueKind.True or JsonValueKind.False } value
        ? value.GetBoolean()
        : throw _form.Wrong($"{At(field)} is {Shown(Required(field))}; true or false is allowed");

    /// <summary>A number from <paramref name="least"/> to <paramref name="most"/>; above it, if <paramref name="above"/>.</summary>
    public double Number(string field, double least, double most, bool above = false) => Number(Required(field), At(field), least, most, above);

    public double Number(string field, double least, double most, double standard, bool above = false) => Has(field) ? Number(field, least, most, above) : standard;

    public int Whole(string field, int least, int most) => Required(field) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) && number >= least && number <= most
        ? number
        : throw _form.Wrong($"{At(field)} is {Shown(Required(field))}; a whole number from {least} to {most} is allowed");

    /// <summary>Numbers by name.</summary>
    public IReadOnlyDictionary<string, double> Numbers(string field, int entries, double least, double most)
    {
        if (!Has(field))
        {
            return new Dictionary<string, double>();
        }

        var members = Required(field) is { ValueKind: JsonValueKind.Object } map ? map.EnumerateObject().ToList() : throw _form.Wrong($"{At(field)} is {Shown(Required(field))}; an object of numbers is allowed");
        return members.Count <= entries
            ? members.ToDictionary(p => Name(p.Name, $"a name in {At(field)}"), p => Number(p.Value, $"{At(field)}.{p.Name}", least, most, above: false))
            : throw _form.Wrong($"{At(field)} has {members.Count} entries; at most {entries} are allowed");
    }

    public FileFields Object(string field, params string[] allowed) => new(_form, Required(field), At(field), allowed);

    /// <summary>An array of objects; none if the field is absent and <paramref name="fewest"/> is 0.</summary>
    public IReadOnlyList<FileFields> Objects(string field, int fewest, int most, params string[] allowed) =>
        [.. Items(field, fewest, most).Select((item, i) => new FileFields(_form, item, $"{At(field)}[{i}]", allowed))];

    /// <summary>The error of a value that breaks a rule of its own.</summary>
    public QuorateException Wrong(string field, string rule) => _form.Wrong($"{At(field)} is {Shown(Required(field))}; {rule}");

    private List<JsonElement> Items(string field, int fewest, int most)
    {
        if (fewest == 0 && !Has(field))
        {
            return [];
        }

        var items = Required(field) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().ToList() : throw _form.Wrong($"{At(field)} is {Shown(Required(field))}; an array is allowed");
        return items.Count >= fewest && items.Count <= most ? items : throw _form.Wrong($"{At(field)} has {items.Count} entries; {fewest} to {most} are allowed");
    }

    private string Name(JsonElement value, string at) =>
        value.ValueKind == JsonValueKind.String ? Name(value.GetString()!, at) : throw _form.Wrong($"{at} is {Shown(value)}; a name is allowed");

    private string Name(string name, string at) => NamePattern().IsMatch(name)
        ? name
        : throw _form.Wrong($"{at} is '{PlainText.Line(name, MaxShown)}'; 1 to 64 letters, digits, dots, underscores and hyphens are allowed, the first a letter or digit");

    private double Number(JsonElement value, string at, double least, double most, bool above) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number <= most && (above ? number > least : number >= least)
            ? number
            : throw _form.Wrong(string.Create(CultureInfo.InvariantCulture, $"{at} is {Shown(value)}; a number {(above ? $"above {least}, at most {most}," : $"from {least} to {most}")} is allowed"));

    private JsonElement Required(string field) => _object.TryGetProperty(field, out var value) ? value : throw _form.Wrong($"{At(field)} is missing");

    private string At(string field) => _path.Length == 0 ? field : $"{_path}.{field}";

    private static string Shown(JsonElement value) => PlainText.Line(value.GetRawText(), MaxShown);

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamePattern();
}
