using System.Globalization;
using System.Text.Json;
using Quorate.Contracts;

namespace Quorate.Engine.Files;

/// <summary>
/// An object of a JSON file that people write. Its members are read one by one, so that a mistake is told with its place, its value as it
/// was written and what is allowed; null is a value like any other. Every method throws <see cref="QuorateException"/> (Input) for what is
/// not allowed.
/// </summary>
internal sealed class FileFields
{
    private const int MaxShown = 60;
    private readonly FileForm _form;
    private readonly JsonElement _object;
    private readonly string _path;

    /// <param name="form">The file's.</param>
    /// <param name="element">What should be an object.</param>
    /// <param name="path">Where it is, such as <c>jobs[3]</c>; empty: the file itself.</param>
    /// <param name="known">Members that may be there, each once; at most 64.</param>
    public FileFields(FileForm form, JsonElement element, string path, params ReadOnlySpan<string> known)
    {
        (_form, _object, _path) = (form, element, path);
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw form.Wrong($"{(path.Length == 0 ? "the file" : path)} is {Shown(element)}; an object is allowed");
        }

        var seen = 0UL;
        foreach (var member in element.EnumerateObject())
        {
            var name = form.NameOf(member, path);
            var bit = known.IndexOf(name) is >= 0 and var index ? 1UL << index : throw form.Wrong($"{At(Written(name))} is unknown; {string.Join(", ", known.ToArray())} are allowed");
            seen = (seen & bit) == 0 ? seen | bit : throw form.Wrong($"{At(name)} is there twice; once is allowed");
        }
    }

    public bool Has(string field) => _object.TryGetProperty(field, out _);

    /// <summary>As <see cref="NameRule"/> says.</summary>
    public string Name(string field) => Name(Required(field), At(field));

    public string? OptionalName(string field) => Has(field) ? Name(field) : null;

    public IReadOnlyList<string> Names(string field, int most) => [.. Items(field, most).Select((item, i) => Name(item, $"{At(field)}[{i}]"))];

    /// <summary>Texts of 1 to <paramref name="longest"/> characters, none of them NUL.</summary>
    public IReadOnlyList<string> Texts(string field, int most, int longest) =>
        [.. Items(field, most).Select((item, i) => Text(item) is { Length: > 0 } text && text.Length <= longest && !text.Contains('\0')
            ? text
            : throw _form.Wrong($"{At(field)}[{i}] is {Shown(item)}; a text of 1 to {longest} characters is allowed"))];

    /// <summary>A text of 1 to <paramref name="longest"/> characters without NUL.</summary>
    public string Text(string field, int longest) => Text(Required(field)) is { Length: > 0 } text && text.Length <= longest && !text.Contains('\0')
        ? text
        : throw Wrong(field, $"a text of 1 to {longest} characters is allowed");

    public string OneOf(string field, IReadOnlyList<string> allowed) =>
        Text(Required(field)) is { } text && allowed.Contains(text) ? text : throw Wrong(field, $"allowed are {string.Join(", ", allowed)}");

    public bool Flag(string field) => Required(field) is { ValueKind: JsonValueKind.True or JsonValueKind.False } value ? value.GetBoolean() : throw Wrong(field, "true or false is allowed");

    /// <summary>A number from <paramref name="least"/> to <paramref name="most"/>; without the ends when it is <paramref name="above"/> or <paramref name="below"/> them.</summary>
    public double Number(string field, double least, double most, bool above = false, bool below = false) => Number(Required(field), At(field), least, most, above, below);

    public double Number(string field, double least, double most, double standard, bool above = false, bool below = false) => Has(field) ? Number(field, least, most, above, below) : standard;

    /// <summary>A number that is kept as it is written, not as its nearest binary fraction.</summary>
    public decimal Exact(string field, decimal least, decimal most) => Required(field) is { ValueKind: JsonValueKind.Number } value && value.TryGetDecimal(out var number) && number >= least && number <= most
        ? number
        : throw Wrong(field, string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most} is allowed"));

    public decimal Exact(string field, decimal least, decimal most, decimal standard) => Has(field) ? Exact(field, least, most) : standard;

    public long Whole(string field, long least, long most) => Required(field) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) && number >= least && number <= most
        ? number
        : throw Wrong(field, string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most} is allowed"));

    public long Whole(string field, long least, long most, long standard) => Has(field) ? Whole(field, least, most) : standard;

    public long? OptionalWhole(string field, long least, long most) => Has(field) ? Whole(field, least, most) : null;

    /// <summary>Numbers by name; by one of <paramref name="known"/>, if there are any.</summary>
    public IReadOnlyDictionary<string, double> Numbers(string field, int entries, double least, double most, params IReadOnlyList<string> known)
    {
        var numbers = new Dictionary<string, double>(StringComparer.Ordinal);
        if (!Has(field))
        {
            return numbers;
        }

        var map = Required(field) is { ValueKind: JsonValueKind.Object } value ? value : throw Wrong(field, "an object of numbers is allowed");
        foreach (var member in map.EnumerateObject())
        {
            var name = _form.NameOf(member, At(field));
            var at = $"{At(field)}.{Written(name)}";
            var problem = known.Count > 0 && !known.Contains(name) ? $"is unknown; {string.Join(", ", known)} are allowed"
                : !NameRule.IsName(name) ? $"has another name than is allowed: {NameRule.Allowed}"
                : numbers.TryAdd(name, Number(member.Value, at, least, most, above: false, below: false)) ? null : "is there twice; once is allowed";
            if (problem is not null)
            {
                throw _form.Wrong($"{at} {problem}");
            }
        }

        return numbers.Count <= entries ? numbers : throw _form.Wrong($"{At(field)} has {numbers.Count} entries; at most {entries} are allowed");
    }

    public FileFields Object(string field, params ReadOnlySpan<string> known) => new(_form, Required(field), At(field), known);

    /// <summary>A list of objects; none if the field is absent and <paramref name="fewest"/> is 0.</summary>
    public IEnumerable<FileFields> Objects(string field, int fewest, int most, params string[] known) =>
        fewest == 0 && !Has(field) ? [] : _form.Objects(Required(field), At(field), fewest, most, known);

    /// <summary>The error of a value that breaks a rule of its own.</summary>
    public QuorateException Wrong(string field, string rule) => _form.Wrong($"{At(field)} is {Shown(Required(field))}; {rule}");

    private IEnumerable<JsonElement> Items(string field, int most) => Has(field) ? _form.Items(Required(field), At(field), 0, most) : [];

    private string Name(JsonElement value, string at) => Text(value) is { } name && NameRule.IsName(name) ? name : throw _form.Wrong($"{at} is {Shown(value)}; {NameRule.Allowed}");

    private double Number(JsonElement value, string at, double least, double most, bool above, bool below)
    {
        var allowed = value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && (above ? number > least : number >= least) && (below ? number < most : number <= most);
        var range = (above, below) switch { (true, _) => $"above {Plain(least)}, at most {Plain(most)},", (_, true) => $"from {Plain(least)} up to, not including, {Plain(most)}", _ => $"from {Plain(least)} to {Plain(most)}" };
        return allowed ? value.GetDouble() : throw _form.Wrong($"{at} is {Shown(value)}; a number {range} is allowed");
    }

    private JsonElement Required(string field) => _object.TryGetProperty(field, out var value) ? value : throw _form.Wrong($"{At(field)} is missing");

    private string At(string field) => _path.Length == 0 ? field : $"{_path}.{field}";

    /// <summary>Null for what is no text, or has half a surrogate pair, which no text can hold.</summary>
    private static string? Text(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>A name that may be anything, with what it could hide written out.</summary>
    private static string Written(string name) => NameRule.IsName(name) ? name : PlainText.Line(JsonSerializer.Serialize(name), MaxShown);

    /// <summary>As it was written, so that nothing in it is hidden.</summary>
    internal static string Shown(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => $"a list of {value.GetArrayLength()}",
        JsonValueKind.Object => "an object",
        _ => PlainText.Line(value.GetRawText(), MaxShown),
    };

    private static string Plain(double number) => number.ToString("0.##########", CultureInfo.InvariantCulture);
}
