using System.Text;
using System.Text.Json;
using Quorate.Contracts;

namespace Quorate.Engine.Files;

/// <summary>A kind of JSON file that people write.</summary>
/// <param name="Code">Of its errors.</param>
/// <param name="Schema">The document that says what it may hold.</param>
internal sealed record FileForm(string Code, string Schema)
{
    private const int MaxShown = 20;

    /// <summary>The document, and its members when it is an object.</summary>
    /// <exception cref="QuorateException">Input: no JSON.</exception>
    public JsonElement Parse(string json)
    {
        try
        {
            return JsonElement.Parse(json);
        }
        catch (JsonException error)
        {
            throw Wrong($"it is not JSON: {Problem(json, error)}", error);
        }
    }

    /// <exception cref="QuorateException">Input: no JSON, a repeated or unknown member, or something else than an object.</exception>
    public FileFields Parse(string json, params ReadOnlySpan<string> known) => new(this, Parse(json), "", known);

    /// <summary>A list of objects.</summary>
    /// <param name="list">What should be one.</param>
    /// <param name="at">Where it is.</param>
    /// <param name="fewest">Entries.</param>
    /// <param name="most">Entries.</param>
    /// <param name="known">Members that each may have.</param>
    /// <exception cref="QuorateException">Input: something else.</exception>
    public IEnumerable<FileFields> Objects(JsonElement list, string at, int fewest, int most, params string[] known) =>
        Items(list, at, fewest, most).Select((item, i) => new FileFields(this, item, $"{at}[{i}]", known));

    /// <summary>The entries of a list of so many.</summary>
    /// <exception cref="QuorateException">Input: something else.</exception>
    public IEnumerable<JsonElement> Items(JsonElement list, string at, int fewest, int most)
    {
        var count = list.ValueKind == JsonValueKind.Array ? list.GetArrayLength() : throw Wrong($"{at} is {FileFields.Shown(list)}; a list is allowed");
        return count >= fewest && count <= most ? list.EnumerateArray() : throw Wrong($"{at} has {count} entries; {fewest} to {most} are allowed");
    }

    public QuorateException Wrong(string message, Exception? inner = null) => QuorateException.Input(Code, message, Hint, inner);

    /// <param name="member">Of an object.</param>
    /// <param name="path">Where that object is; empty: the file itself.</param>
    /// <exception cref="QuorateException">Input: half a surrogate pair, which no text can hold.</exception>
    public string NameOf(JsonProperty member, string path)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException error)
        {
            throw Wrong($"a field of {(path.Length == 0 ? "the file" : path)} has half a surrogate pair in its name", error);
        }
    }

    private string Hint => $"{Schema} says what is allowed";

    /// <summary>Line and column count from 1. The parser's own words speak of its options, so they are not shown.</summary>
    private static string Problem(string json, JsonException error)
    {
        if (string.IsNullOrWhiteSpace(json))
        {
            return "it is empty";
        }

        var rest = json.AsSpan();
        var number = 1;
        for (; number <= error.LineNumber && rest.IndexOf('\n') is >= 0 and var end; number++)
        {
            rest = rest[(end + 1)..];
        }

        var line = rest.IndexOf('\n') is >= 0 and var last ? rest[..last] : rest;
        var bytes = Encoding.UTF8.GetBytes(line.ToString());
        var column = Encoding.UTF8.GetCharCount(bytes, 0, (int)Math.Min(error.BytePositionInLine ?? 0, bytes.Length));
        var what = column < line.Length ? $"unexpected {JsonSerializer.Serialize(PlainText.Line(line[column..Math.Min(line.Length, column + MaxShown)].ToString(), MaxShown), QuorateJson.Options)}"
            : line.Length == rest.Length ? "it ends too early" : "the line ends too early";
        return $"line {number}, column {column + 1}: {what}";
    }
}
