using System.Text.Json;

namespace Quorate.Engine.Ask.Decision;

/// <summary>Reads the JSON object that a member answered with, whatever stands around it.</summary>
internal static class JsonAnswer
{
    /// <summary>What the reader makes of the object; null where there is none, or a text in it cannot be read.</summary>
    public static T? Read<T>(string text, Func<JsonElement, T?> read)
        where T : class
    {
        var (from, to) = (text.IndexOf('{', StringComparison.Ordinal), text.LastIndexOf('}'));
        if (from < 0 || to < from)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(text.AsMemory(from, to - from + 1));
            return read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or a text in it that holds half a surrogate pair.
            return null;
        }
    }
}
