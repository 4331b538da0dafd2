using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Quorate.Contracts;

namespace Quorate.Engine.Prompts;

/// <summary>
/// Foreign text inside a prompt: JSON between <c>&lt;data&gt;</c> marks. The encoder writes every <c>&lt;</c> and <c>&gt;</c>
/// of the content as an escape, so nothing inside can end the block or open another.
/// </summary>
internal static class DataBlock
{
    private static readonly JsonSerializerOptions Options = new(QuorateJson.Options) { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    /// <summary>Items in their order while they fit; the rest is counted. <paramref name="maxBytes"/> is of UTF-8.</summary>
    public static string List<T>(string name, IEnumerable<T> items, int maxBytes)
    {
        var text = new StringBuilder();
        var (bytes, left) = (0, 0);
        foreach (var item in items)
        {
            var line = JsonSerializer.Serialize(item, Options);
            var size = Encoding.UTF8.GetByteCount(line) + 1;
            if (left > 0 || bytes + size > maxBytes)
            {
                left++;
                continue;
            }

            bytes += size;
            text.Append(line).Append('\n');
        }

        return Wrap(name, text.Length == 0 && left == 0 ? "(nothing)\n" : text + (left > 0 ? $"(and {left} more)\n" : ""));
    }

    /// <summary>One text, its end left out when it is longer than <paramref name="maxBytes"/> of JSON.</summary>
    public static string Text(string name, string text, int maxBytes)
    {
        var shown = text.Length > maxBytes ? text[..maxBytes] : text;
        while (Encoding.UTF8.GetByteCount(JsonSerializer.Serialize(shown, Options)) > maxBytes)
        {
            shown = shown[..(shown.Length * 3 / 4)];
        }

        return Wrap(name, JsonSerializer.Serialize(shown, Options) + "\n" + (shown.Length < text.Length ? $"(and {text.Length - shown.Length} more characters)\n" : ""));
    }

    private static string Wrap(string name, string content) => $"<data name=\"{name}\">\n{content}</data>\n";
}
