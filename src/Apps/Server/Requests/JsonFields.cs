using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Quorate.Contracts;

namespace Quorate.Server.Requests;

/// <summary>
/// The fields of a request's JSON object, each read with what it allows. Everything wrong is collected, so that one answer names it all;
/// a field that nobody asked for is wrong too. Until <see cref="Problem"/> is null the values mean nothing.
/// </summary>
internal sealed class JsonFields
{
    private const int MaxDepth = 16;
    private const int MaxProblems = 20;

    private readonly IResult? _unreadable;
    private readonly Dictionary<string, JsonElement> _fields = new(StringComparer.Ordinal);
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    private readonly List<FieldProblem> _problems = [];

    private JsonFields(IResult unreadable) => _unreadable = unreadable;

    private JsonFields(JsonElement body)
    {
        foreach (var property in body.EnumerateObject())
        {
            _fields[property.Name] = property.Value;
        }
    }

    /// <summary>What to answer instead; null when all is right. Asked last.</summary>
    public IResult? Problem
    {
        get
        {
            if (_unreadable is not null)
            {
                return _unreadable;
            }

            foreach (var name in _fields.Keys.Where(n => !_asked.Contains(n)).Take(MaxProblems))
            {
                Refuse(PlainText.Line(name, 60), null, $"unknown; allowed here: {string.Join(", ", _asked)}");
            }

            return _problems.Count == 0 ? null : Requests.Problem.OfFields(_problems);
        }
    }

    public static async ValueTask<JsonFields> ReadAsync(HttpContext context)
    {
        if (!IsJson(context.Request))
        {
            return new(Requests.Problem.Of(StatusCodes.Status415UnsupportedMediaType, "media_type", "the body must be JSON in UTF-8, uncompressed: Content-Type: application/json"));
        }

        using var buffer = new MemoryStream();
        // Kestrel ends the copy with 413 at the limit of the body's size.
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        var bytes = buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
        if (!Utf8.IsValid(bytes.Span))
        {
            return new(NotJson("it is not UTF-8"));
        }

        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object ? new(document.RootElement.Clone()) : new(NotJson("it is no object"));
        }
        catch (JsonException e)
        {
            return new(NotJson(PlainText.Line(e.Message, 200)));
        }
        catch (InvalidOperationException)
        {
            // A property's name that holds half a surrogate pair.
            return new(NotJson("a name in it is not Unicode"));
        }
    }

    public void Refuse(string field, string? value, string allowed)
    {
        if (_problems.Count < MaxProblems)
        {
            _problems.Add(new FieldProblem(field, Requests.Problem.Shown(value), allowed));
        }
    }

    /// <summary>Null when absent and not needed. An empty text counts as absent.</summary>
    public string? Text(string name, int longest, bool needed = false, bool secret = false)
    {
        var allowed = $"a text of 1 to {longest:N0} characters";
        if (Find(name) is not { } value)
        {
            return needed ? Wrong<string>(name, null, allowed) : null;
        }

        if (value.ValueKind != JsonValueKind.String || TextOf(value) is not { } text)
        {
            return Wrong<string>(name, secret ? null : Raw(value), allowed);
        }

        if (text.Length > longest || (needed && string.IsNullOrWhiteSpace(text)))
        {
            return Wrong<string>(name, secret ? null : text, allowed);
        }

        return text.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t')) ? Wrong<string>(name, secret ? null : text, "a text without control characters") : text.Length == 0 ? null : text;
    }

    public string? OneOf(string name, IEnumerable<string> allowed, bool needed = false)
    {
        if (Find(name) is null && needed)
        {
            return Wrong<string>(name, null, Choice(allowed));
        }

        var text = Text(name, 200, needed);
        return text is null || allowed.Contains(text) ? text : Wrong<string>(name, text, Choice(allowed));
    }

    public bool Flag(string name) => Find(name) is { } value
        && (value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : Wrong<bool>(name, Raw(value), "true or false"));

    public int? Number(string name, int least, int most) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most ? number
        : Wrong<int?>(name, Raw(value), $"a whole number from {least} to {most}");

    /// <param name="name">Of the field.</param>
    /// <param name="most">Entries.</param>
    /// <param name="allowed">Null: any text of up to 2,000 characters.</param>
    public IReadOnlyList<string> List(string name, int most, IEnumerable<string>? allowed = null)
    {
        if (Find(name) is not { } value)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > most)
        {
            return Wrong<IReadOnlyList<string>>(name, Raw(value), $"a list of up to {most} texts") ?? [];
        }

        var items = value.EnumerateArray().Select(item => Item(name, item, allowed)).OfType<string>().ToList();
        return items.Distinct(StringComparer.Ordinal).Count() == items.Count ? items : Wrong<IReadOnlyList<string>>(name, Raw(value), "each entry once") ?? [];
    }

    public IReadOnlyDictionary<string, string> Map(string name, IEnumerable<string> keys, IEnumerable<string> values)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Find(name) is not { } value)
        {
            return map;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            Refuse(name, Raw(value), $"an object with a role for each of: {string.Join(", ", keys)}");
            return map;
        }

        foreach (var property in value.EnumerateObject())
        {
            if (!keys.Contains(property.Name))
            {
                Refuse(name, property.Name, Choice(keys));
            }
            else if (Item($"{name}.{property.Name}", property.Value, values) is { } item)
            {
                map[property.Name] = item;
            }
        }

        return map;
    }

    private static IResult NotJson(string why) => Requests.Problem.Of(StatusCodes.Status400BadRequest, "body_invalid", $"the body is not a JSON object in UTF-8: {why}");

    private static bool IsJson(HttpRequest request) =>
        !request.Headers.ContainsKey(HeaderNames.ContentEncoding)
        && MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    private static string Choice(IEnumerable<string> allowed) => $"one of: {string.Join(", ", allowed)}";

    private JsonElement? Find(string name)
    {
        _asked.Add(name);
        return _fields.TryGetValue(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private string? Item(string name, JsonElement item, IEnumerable<string>? allowed) => item.ValueKind == JsonValueKind.String && TextOf(item) is { Length: > 0 and <= 2_000 } text && allowed?.Contains(text) != false
        ? text
        : Wrong<string>(name, Raw(item), allowed is null ? "texts of 1 to 2,000 characters" : Choice(allowed));

    private T? Wrong<T>(string field, string? value, string allowed)
    {
        Refuse(field, value, allowed);
        return default;
    }

    // An escaped half of a surrogate pair is well-formed JSON and no text.
    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string Raw(JsonElement value) => PlainText.Line(value.GetRawText(), 60);
}
