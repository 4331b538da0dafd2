using System.Globalization;
using System.Text.RegularExpressions;
using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Monitoring;

namespace Quorate.Engine.Triage.Agents;

/// <summary>Searches a service's recent log lines and returns the most frequent kinds, newest example each.</summary>
public sealed partial class LogAgent(IPlatform platform, TimeProvider time) : IAgent
{
    /// <summary>Newest lines that are looked at.</summary>
    public const int MaxLines = 2_000;

    private const int MaxLineLength = 500;
    private static readonly TimeSpan DefaultLookback = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LineTimeout = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan SearchTimeout = TimeSpan.FromSeconds(2);

    public string Name => AgentNames.Log;

    public async Task<TaskResult> ExecuteAsync(PlanTask task, TaskContext context, CancellationToken cancellationToken)
    {
        var pattern = task.Text("pattern");
        if (!TryCompile(pattern, out var regex, out var reason))
        {
            return ResultKeys.Refuse($"pattern \"{PlainText.Line(pattern!, 80)}\" is not a regular expression: {PlainText.Line(reason, 120)}");
        }

        var lookback = task.Duration("lookback", DefaultLookback);
        try
        {
            var lines = await platform.ReadLogsAsync(task.Target, new LogQuery(time.GetUtcNow() - lookback, MaxLines), cancellationToken);
            return Summarise(task, lines, Search(lines, regex), lookback);
        }
        catch (PlatformException e)
        {
            return TaskResult.Fail($"logs of {task.Target} cannot be read: {e.Message}", (ResultKeys.Retryable, e.Retryable));
        }
        catch (RegexMatchTimeoutException)
        {
            return ResultKeys.Refuse("the pattern takes too long on these lines; use a simpler one");
        }
    }

    /// <summary>Linear-time matching where the pattern allows it; otherwise backtracking under a time limit for each line.</summary>
    private static bool TryCompile(string? pattern, out Regex? regex, out string reason)
    {
        regex = null;
        reason = "";
        if (string.IsNullOrEmpty(pattern))
        {
            return true;
        }

        const RegexOptions common = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;
        try
        {
            regex = new Regex(pattern, common | RegexOptions.NonBacktracking, LineTimeout);
        }
        catch (NotSupportedException)
        {
            regex = new Regex(pattern, common, LineTimeout);
        }
        catch (ArgumentException e)
        {
            reason = e.Message;
            return false;
        }

        return true;
    }

    private List<LogLine> Search(IReadOnlyList<LogLine> lines, Regex? regex)
    {
        var began = time.GetTimestamp();
        var found = new List<LogLine>();
        foreach (var line in lines)
        {
            if (time.GetElapsedTime(began) > SearchTimeout)
            {
                throw new RegexMatchTimeoutException();
            }

            if (regex is null ? SiteObserver.IsTrouble(line) : regex.IsMatch($"{line.Level} {line.Msg}"))
            {
                found.Add(line);
            }
        }

        return found;
    }

    private static TaskResult Summarise(PlanTask task, IReadOnlyList<LogLine> lines, List<LogLine> found, TimeSpan lookback)
    {
        var kinds = found.GroupBy(l => TemplateOf(l.Msg), StringComparer.Ordinal)
            .Select(g => (Template: g.Key, Count: g.Count(), Newest: g.Aggregate((a, b) => b.Ts >= a.Ts ? b : a)))
            .OrderByDescending(k => k.Count).ThenByDescending(k => k.Newest.Ts)
            .Take(task.Integer("top_k", 5))
            .ToList();
        var share = string.Create(CultureInfo.InvariantCulture, $"{found.Count} of {lines.Count} lines of {task.Target} in the last {lookback.TotalSeconds:0} s match");
        var text = kinds.Count == 0
            ? $"{share}."
            : $"{share}; most frequent ({kinds[0].Count.ToString(CultureInfo.InvariantCulture)} times, {kinds[0].Newest.Level}): {PlainText.Line(kinds[0].Newest.Msg, 200)}";
        return TaskResult.Ok(
            text,
            ("matches", found.Count),
            ("scanned", lines.Count),
            ("lines", kinds.Select(k => new { k.Newest.Ts, k.Newest.Level, Msg = PlainText.Line(k.Newest.Msg, MaxLineLength), k.Count })),
            ("levels", found.GroupBy(l => l.Level, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal)),
            ("templates", kinds.Select(k => k.Template)),
            (ResultKeys.Finding, kinds.Count == 0 ? null : text));
    }

    /// <summary>The line with its variable parts (ids, numbers) replaced, so that repetitions count as one kind.</summary>
    private static string TemplateOf(string message) => PlainText.Line(Variable().Replace(message, "#"), MaxLineLength);

    [GeneratedRegex("[0-9a-fA-F]{8,}|[0-9]+", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Variable();
}
