using System.Text.Json;

namespace Quorate.Engine.Place.Votes;

/// <summary>JSON objects with a vote, wherever in an answer they stand.</summary>
internal static class VoteObjects
{
    /// <summary>Beginnings of objects that are tried in one answer.</summary>
    private const int MaxStarts = 64;

    private const string Fence = "```";

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 8 };
    private static readonly JsonDocumentOptions Lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = 8 };

    /// <summary>Null for what is no JSON object, or one without a vote.</summary>
    public static Found? Read(string text, bool strict)
    {
        try
        {
            using var document = JsonDocument.Parse(text, strict ? Strict : Lenient);
            var fields = document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.EnumerateObject().ToList() : [];
            var votes = Values(fields, "vote").ToList();
            return votes.Count == 0 ? null : new Found(votes, Found.Only(Values(fields, "confidence")), Values(fields, "reasoning").FirstOrDefault() ?? "");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            // Not JSON, a member's name that holds half a surrogate pair, or a text that does.
            return null;
        }
    }

    public static IEnumerable<Found> Fenced(string text)
    {
        var parts = text.Split(Fence);
        for (var i = 1; i < parts.Length - 1 && i < MaxStarts; i += 2)
        {
            if (Read(parts[i].TrimStart().TrimStart(Letters), strict: false) is { } found)
            {
                yield return found;
            }
        }
    }

    /// <summary>Outermost first: what is inside an object that was read is part of it.</summary>
    public static IEnumerable<Found> Embedded(string text)
    {
        var start = text.IndexOf('{', StringComparison.Ordinal);
        for (var tries = 0; start >= 0 && tries < MaxStarts; tries++)
        {
            var end = EndOf(text, start);
            var found = end < 0 ? null : Read(text[start..end], strict: false);
            if (found is not null)
            {
                yield return found;
            }

            var next = found is null ? start + 1 : end;
            start = next < text.Length ? text.IndexOf('{', next) : -1;
        }
    }

    private static char[] Letters { get; } = [.. Enumerable.Range('a', 26).Concat(Enumerable.Range('A', 26)).Select(c => (char)c)];

    /// <summary>Behind the brace that closes the one at the start, as JSON counts them; -1: there is none.</summary>
    private static int EndOf(string text, int start)
    {
        var (depth, quoted) = (0, false);
        for (var i = start; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\\' when quoted: i++; break;
                case '"': quoted = !quoted; break;
                case '{' when !quoted: depth++; break;
                case '}' when !quoted && --depth == 0: return i + 1;
                default: break;
            }
        }

        return -1;
    }

    private static IEnumerable<string> Values(IEnumerable<JsonProperty> fields, string name) =>
        fields.Where(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(f => Text(f.Value));

    private static string Text(JsonElement value)
    {
        try
        {
            return value.ToString();
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, escaped: what it says is kept as it was written.
            return value.GetRawText().Trim('"');
        }
    }
}

/// <summary>One place of an answer that states a vote.</summary>
/// <param name="Votes">As they stand there; more than one when the place contradicts itself.</param>
/// <param name="Confidence">Empty when none is stated.</param>
/// <param name="Reasoning">Foreign text.</param>
internal sealed record Found(IReadOnlyList<string> Votes, string Confidence, string Reasoning)
{
    /// <summary>The one value that all state; empty when they differ.</summary>
    public static string Only(IEnumerable<string> values) => values.Distinct().ToList() is [var one] ? one : "";
}
