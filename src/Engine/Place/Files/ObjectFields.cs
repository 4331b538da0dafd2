using System.Globalization;
using System.Text.Json;
using Quorate.Contracts;

namespace Quorate.Engine.Place.Files;

/// <summary>The members of one JSON object that a person wrote: none unknown, each checked, errors that name the field, the value and what is allowed.</summary>
internal sealed class ObjectFields
{
    public const int MaxName = 64;
    private const int MaxShown = 40;

    private readonly JsonElement _element;
    private readonly string _path;
    private readonly string _code;

    /// <param name="element">What should be an object.</param>
    /// <param name="path">Where it is, for errors, such as <c>jobs[3]</c>; empty: the document itself.</param>
    /// <param name="code">The errors' code.</param>
    /// <param name="known">Members that may be there.</param>
    public ObjectFields(JsonElement element, string path, string code, params ReadOnlySpan<string> known)
    {
        (_element, _path, _code) = (element, path, code);
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Wrong("", element, "an object");
        }

        foreach (var member in element.EnumerateObject())
        {
            if (!known.Contains(member.Name))
            {
                throw QuorateException.Input(code, $"{At("")} has the unknown field '{PlainText.Line(member.Name, MaxShown)}'; allowed are {string.Join(", ", known.ToArray())}");
            }
        }
    }

    /// <summary>Parses a document strictly: no comments, no repeated members.</summary>
    public static JsonDocument Parse(string json, string code, string what)
    {
        try
        {
            return JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 8 });
        }
        catch (JsonException error)
        {
            throw QuorateException.Input(code, $"the {what} file is not JSON: line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}: {PlainText.Line(error.Message.Split(" LineNumber")[0], 200)}", inner: error);
        }
    }

    public bool Has(string name) => Find(name) is not null;

    public JsonElement Required(string name) => Find(name) ?? throw QuorateException.Input(_code, $"{At(name)} is missing");

    /// <summary>A name: letters, digits, dot, underscore and hyphen.</summary>
    public string Name(string name) => OptionalName(name) ?? throw QuorateException.Input(_code, $"{At(name)} is missing");

    public string? OptionalName(string name)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        return IsName(text) ? text : throw Wrong(name, value, $"1 to {MaxName} letters, digits, '.', '_' and '-'");
    }

    public string OneOf(string name, IReadOnlyList<string> allowed)
    {
        var value = Required(name);
        return value.ValueKind == JsonValueKind.String && allowed.Contains(value.GetString()!)
            ? value.GetString()!
            : throw Wrong(name, value, string.Join(", ", allowed));
    }

    public long Whole(string name, long least, long most, long? standard = null) => OptionalWhole(name, least, most) ?? standard ?? throw QuorateException.Input(_code, $"{At(name)} is missing");

    public long? OptionalWhole(string name, long least, long most) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt64(out var number) && number >= least && number <= most => number,
        { } value => throw Wrong(name, value, string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}")),
    };

    public decimal Number(string name, decimal most, decimal? standard = null) => Find(name) switch
    {
        null => standard ?? throw QuorateException.Input(_code, $"{At(name)} is missing"),
        { ValueKind: JsonValueKind.Number } value when value.TryGetDecimal(out var number) && number >= 0 && number <= most => number,
        { } value => throw Wrong(name, value, string.Create(CultureInfo.InvariantCulture, $"a number from 0 to {most}")),
    };

    public IReadOnlyList<string> Texts(string name, int most, Predicate<string> allowed, string description)
    {
        if (Find(name) is not { } value)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > most)
        {
            throw Wrong(name, value, $"a list of at most {most} texts");
        }

        var wrong = value.EnumerateArray().FirstOrDefault(e => e.ValueKind != JsonValueKind.String || !allowed(e.GetString()!));
        return wrong.ValueKind == JsonValueKind.Undefined ? [.. value.EnumerateArray().Select(e => e.GetString()!)] : throw Wrong(name, wrong, description);
    }

    public IEnumerable<JsonElement> Objects(string name, int most)
    {
        var value = Required(name);
        return value.ValueKind == JsonValueKind.Array && value.GetArrayLength() is var length && length >= 1 && length <= most
            ? value.EnumerateArray()
            : throw Wrong(name, value, $"a list of 1 to {most} objects");
    }

    public static bool IsName(string text) => text.Length is > 0 and <= MaxName && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    public QuorateException Wrong(string name, JsonElement value, string allowed)
    {
        var shown = value.ValueKind is JsonValueKind.Array ? $"a list of {value.GetArrayLength()}" : value.ValueKind is JsonValueKind.Object ? "an object" : PlainText.Line(value.GetRawText(), MaxShown);
        return QuorateException.Input(_code, $"{At(name)} is {shown}; {allowed} is allowed");
    }

    private JsonElement? Find(string name) => _element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private string At(string name) => (_path, name) switch { ("", "") => "the document", ("", _) => name, (_, "") => _path, _ => $"{_path}.{name}" };
}
