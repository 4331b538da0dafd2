using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Processes;

/// <summary>
/// Turns log text into lines: JSON of the form <c>{ts, level, service, msg, meta}</c> is taken apart, anything else is kept
/// as text. What is read is foreign: control characters are replaced, lengths and counts bounded.
/// </summary>
internal sealed partial class LogLineParser(string service, DateTimeOffset fallback)
{
    public const int MaxLength = 2_000;
    private const int MaxJsonLength = 64 * 1024;
    private const int MaxMeta = 32;
    private const int MaxMetaLength = 500;
    private static readonly JsonDocumentOptions Json = new() { MaxDepth = 32 };

    private readonly List<LogLine> _lines = [];

    public static IReadOnlyList<LogLine> Parse(string service, string text, DateTimeOffset fallback)
    {
        var parser = new LogLineParser(service, fallback);
        foreach (var line in text.Split('\n'))
        {
            parser.Add(line.TrimEnd('\r'));
        }

        return parser._lines;
    }

    /// <summary>Control characters (tab and line feed excepted), lone surrogates and text-direction overrides replaced; cut to the bound.</summary>
    public static string Clean(string text, int maxLength = MaxLength)
    {
        var clean = new StringBuilder(Math.Min(text.Length, maxLength));
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length + rune.Utf16SequenceLength > maxLength)
            {
                clean[^1] = '…';
                break;
            }

            var harmful = rune.Value is not ('\t' or '\n')
                && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
            clean.Append(harmful ? "\uFFFD" : rune.ToString());
        }

        return clean.ToString();
    }

    private void Add(string line)
    {
        if (string.IsNullOrWhiteSpace(line))
        {
            return;
        }

        if (line[0] == '{' && line.Length <= MaxJsonLength && ParseJson(line) is { } parsed)
        {
            _lines.Add(parsed);
        }
        else if (_lines.Count > 0 && IsContinuation(line))
        {
            var before = _lines[^1];
            _lines[^1] = before with { Msg = Clean($"{before.Msg}\n{Bound(line)}") };
        }
        else
        {
            var text = Clean(Bound(line));
            _lines.Add(new LogLine { Ts = ReadLeadingTime(text) ?? LastTime, Level = GuessLevel(text), Service = service, Msg = text });
        }
    }

    private DateTimeOffset LastTime => _lines.Count > 0 ? _lines[^1].Ts : fallback;

    private static string Bound(string line) => line.Length > 2 * MaxLength ? line[..(2 * MaxLength)] : line;

    private LogLine? ParseJson(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line, Json);
            var root = document.RootElement;
            if (ReadText(root, "msg") is not { } message)
            {
                return null;
            }

            var ts = ReadText(root, "ts") is { } time && TryReadTime(time, out var at) ? at : LastTime;
            return new LogLine { Ts = ts, Level = Normalise(ReadText(root, "level")), Service = service, Msg = Clean(message), Meta = ReadMeta(root) };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            // Not JSON, or JSON whose text holds half a surrogate pair: kept as plain text.
            return null;
        }
    }

    private static Dictionary<string, string>? ReadMeta(JsonElement root)
    {
        if (!root.TryGetProperty("meta", out var meta) || meta.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var values = new Dictionary<string, string>();
        foreach (var property in meta.EnumerateObject().Take(MaxMeta))
        {
            var value = property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString()! : property.Value.GetRawText();
            values[Clean(property.Name, MaxMetaLength)] = Clean(value, MaxMetaLength);
        }

        return values;
    }

    private static string? ReadText(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static bool TryReadTime(string text, out DateTimeOffset at) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out at);

    private static DateTimeOffset? ReadLeadingTime(string text) =>
        LeadingTime().Match(text) is { Success: true } match && TryReadTime(match.Value, out var at) ? at : null;

    private static string Normalise(string? level) => level?.ToUpperInvariant() switch
    {
        "TRACE" or "DEBUG" or "VERBOSE" => "DEBUG",
        "INFO" or "INFORMATION" or "NOTICE" => "INFO",
        "WARN" or "WARNING" => "WARN",
        "ERROR" or "ERR" or "FAIL" => "ERROR",
        "FATAL" or "CRITICAL" or "CRIT" or "PANIC" => "FATAL",
        _ => "UNKNOWN",
    };

    private static string GuessLevel(string text) => ErrorWord().IsMatch(text) ? "ERROR" : "UNKNOWN";

    /// <summary>Stack frames and the like: indented, or a cause of the exception above.</summary>
    private static bool IsContinuation(string line) => char.IsWhiteSpace(line[0]) || line.StartsWith("--->", StringComparison.Ordinal) || line.StartsWith("--- End of", StringComparison.Ordinal);

    [GeneratedRegex(@"unhandled exception|\berror\b|\bfatal\b|\bpanic\b|\btraceback\b|^(fail|crit):", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 200)]
    private static partial Regex ErrorWord();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,7})?(Z|[+-]\d\d:?\d\d)?", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 200)]
    private static partial Regex LeadingTime();
}
