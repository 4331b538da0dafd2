using System.Globalization;
using System.Text.RegularExpressions;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Logs;

/// <summary>Takes the text of a log file apart: a line each, with stack frames joined to the line they belong to.</summary>
internal static partial class LogText
{
    /// <param name="service">Whose log it is.</param>
    /// <param name="text">Foreign text of any form.</param>
    /// <param name="fallback">The time of lines before the first that tells one.</param>
    public static IReadOnlyList<LogLine> Parse(string service, string text, DateTimeOffset fallback)
    {
        var lines = new List<LogLine>();
        foreach (var line in text.Split('\n').Select(l => l.TrimEnd('\r')).Where(l => !string.IsNullOrWhiteSpace(l)))
        {
            if (lines.Count > 0 && IsContinuation(line))
            {
                var before = lines[^1];
                lines[^1] = before with { Msg = PlainText.Clean($"{before.Msg}\n{line}", LogLineParser.MaxMessage) };
            }
            else
            {
                lines.Add(LogLineParser.Parse(service, line, ReadLeadingTime(line) ?? (lines.Count > 0 ? lines[^1].Ts : fallback)));
            }
        }

        return lines;
    }

    /// <summary>Stack frames and the like: indented, or a cause of the exception above.</summary>
    private static bool IsContinuation(string line) =>
        char.IsWhiteSpace(line[0]) || line.StartsWith("--->", StringComparison.Ordinal) || line.StartsWith("--- End of", StringComparison.Ordinal);

    private static DateTimeOffset? ReadLeadingTime(string text) =>
        LeadingTime().Match(text) is { Success: true } match
        && DateTimeOffset.TryParse(match.Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,7})?(Z|[+-]\d\d:?\d\d)?", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 200)]
    private static partial Regex LeadingTime();
}
