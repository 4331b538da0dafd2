using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Logs;

/// <summary>Turns one printed line into a <see cref="LogLine"/>. Never throws on content; everything it returns is bounded and harmless.</summary>
internal static partial class LogLineParser
{
    public const int MaxMessage = 2_000;
    private const int MaxMetaEntries = 20;
    private const int MaxMetaText = 500;
    private const string Unknown = "UNKNOWN";
    private static readonly JsonDocumentOptions Lenient = new() { MaxDepth = 16 };

    public static LogLine Parse(string service, string text, DateTimeOffset at)
    {
        var trimmed = text.AsSpan().Trim();
        if (trimmed is ['{', .., '}'] && ParseJson(service, text, at) is { } line)
        {
            return line;
        }

        var clean = PlainText.Clean(text, MaxMessage);
        return new LogLine { Ts = at, Level = Guess(clean), Service = service, Msg = clean };
    }

    private static LogLine? ParseJson(string service, string text, DateTimeOffset at)
    {
        try
        {
            using var document = JsonDocument.Parse(text, Lenient);
            var root = document.RootElement;
            var message = First(root, "msg", "message");
            if (message is null)
            {
                return null;
            }

            var level = First(root, "level", "lvl", "severity");
            return new LogLine
            {
                Ts = Time(First(root, "ts", "time", "timestamp", "@timestamp")) ?? at,
                Level = level is null ? Unknown : Level(Text(level.Value)) ?? Unknown,
                Service = service,
                Msg = PlainText.Clean(Text(message.Value), MaxMessage),
                Meta = Meta(root),
            };
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // Not JSON after all, or JSON with lone surrogates: it is kept as the text it is.
            return null;
        }
    }

    private static JsonElement? First(JsonElement root, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (root.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null)
            {
                return value;
            }
        }

        return null;
    }

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private static DateTimeOffset? Time(JsonElement? value) =>
        value is { ValueKind: JsonValueKind.String }
        && DateTimeOffset.TryParse(value.Value.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    private static Dictionary<string, string>? Meta(JsonElement root)
    {
        if (!root.TryGetProperty("meta", out var meta) || meta.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var entries = new Dictionary<string, string>();
        foreach (var property in meta.EnumerateObject().Take(MaxMetaEntries))
        {
            entries[PlainText.Clean(property.Name, MaxMetaText)] = PlainText.Clean(Text(property.Value), MaxMetaText);
        }

        return entries;
    }

    private static string Guess(string text)
    {
        const int looked = 300;
        var head = text.Length > looked ? text[..looked] : text;
        try
        {
            foreach (var form in new[] { KeyValue(), Bracketed(), Prefixed(), UpperCase() })
            {
                if (form.Match(head) is { Success: true } match && Level(match.Groups["level"].Value) is { } level)
                {
                    return level;
                }
            }

            return Crash().IsMatch(head) ? "ERROR" : RedisMark().Match(head) is { Success: true } mark ? RedisLevel(mark.Groups["mark"].Value) : Unknown;
        }
        catch (RegexMatchTimeoutException)
        {
            return Unknown;
        }
    }

    private static string RedisLevel(string mark) => mark switch
    {
        "#" => "WARN",
        "*" => "INFO",
        _ => "DEBUG",
    };

    /// <summary>Words of syslog, PostgreSQL, nginx, .NET, Python and the numbers of pino.</summary>
    private static string? Level(string word) => word.ToUpperInvariant() switch
    {
        "TRACE" or "VERBOSE" or "DEBUG" or "DBUG" or "TRCE" or "10" or "20" => "DEBUG",
        "INFO" or "INFORMATION" or "NOTICE" or "LOG" or "30" => "INFO",
        "WARN" or "WARNING" or "40" => "WARN",
        "ERROR" or "ERR" or "FAIL" or "SEVERE" or "50" => "ERROR",
        "FATAL" or "CRITICAL" or "CRIT" or "PANIC" or "ALERT" or "EMERG" or "EMERGENCY" or "60" => "FATAL",
        _ => null,
    };

    private const string Words = "trace|verbose|debug|info|information|notice|log|warn|warning|err|error|fail|severe|fatal|critical|crit|panic|alert|emerg|emergency|dbug|trce";

    [GeneratedRegex(@"\b(?:level|lvl|severity)=""?(?<level>" + Words + @")\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex KeyValue();

    [GeneratedRegex(@"\[\s*(?<level>" + Words + @")\s*\]", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex Bracketed();

    [GeneratedRegex(@"^\s*(?<level>" + Words + @"):", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex Prefixed();

    [GeneratedRegex(@"(?<![\w/.-])(?<level>TRACE|DEBUG|INFO|NOTICE|LOG|WARN|WARNING|ERROR|SEVERE|FATAL|CRITICAL|PANIC|ALERT|EMERG)(?=[\s:|\]-]|$)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex UpperCase();

    [GeneratedRegex(@"^(?:Traceback \(most recent call last\)|Unhandled exception|panic: |Exception in thread )", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex Crash();

    // Redis: pid:role day month year time mark text.
    [GeneratedRegex(@"^\d+:[MSXC] .{10,40}? (?<mark>[-.*#]) ", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex RedisMark();
}
