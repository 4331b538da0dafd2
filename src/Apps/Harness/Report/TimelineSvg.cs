using System.Globalization;
using System.Net;
using System.Text;
using Quorate.Contracts.Plans;
using Quorate.Harness.Records;

namespace Quorate.Harness.Report;

/// <summary>A run as a picture: what the oracle saw, what happened, and the tasks.</summary>
internal static class TimelineSvg
{
    private const int Width = 920;
    private const int Left = 74;
    private const int LaneHeight = 13;
    private const int MarkRows = 3;
    private const int HealthTop = 52;
    private const int TasksTop = 78;

    public static string Draw(RunEvidence evidence, IReadOnlyList<Plan> plans)
    {
        var incident = evidence.Incident;
        var readings = evidence.Oracle.Readings;
        var begin = Math.Max(0, (incident.InjectedMs ?? incident.TriageBeganMs ?? 0) - 1_000);
        var end = Math.Max(begin + 1_000, readings.Count > 0 ? readings[^1].AtMs : incident.TriageEndedMs ?? begin);
        double X(double ms) => Math.Round(Left + ((Math.Clamp(ms, begin, end) - begin) / (end - begin) * (Width - Left - 8)), 1);
        var tasks = Lanes(incident.Tasks);
        var height = TasksTop + (Math.Max(1, tasks.Count == 0 ? 1 : tasks.Max(t => t.Lane) + 1) * LaneHeight) + 26;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg class=\"timeline\" role=\"img\" aria-label=\"Timeline\" width=\"{Width}\" height=\"{height}\" viewBox=\"0 0 {Width} {height}\">");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"lane\" x=\"0\" y=\"{HealthTop + 10}\">site</text><text class=\"lane\" x=\"0\" y=\"{TasksTop + 10}\">tasks</text>");
        Axis(svg, X, begin, end, incident.InjectedMs ?? begin, height);
        for (var i = 0; i < readings.Count; i++)
        {
            if (readings[i].AtMs >= begin)
            {
                // A look speaks for the time until the next one.
                var (from, to) = (readings[i].BeganMs, i + 1 < readings.Count ? readings[i + 1].BeganMs : readings[i].AtMs);
                var what = readings[i].Passed ? "all probes pass" : string.Join("; ", readings[i].Failures);
                svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"{(readings[i].Passed ? "good" : "bad")}\" x=\"{X(from)}\" y=\"{HealthTop}\" width=\"{Math.Max(0.5, X(to) - X(from)):0.#}\" height=\"12\"><title>{WebUtility.HtmlEncode(what)}</title></rect>");
            }
        }

        foreach (var (task, lane) in tasks)
        {
            var action = plans.Any(p => p.PlanVersion == task.Version && p.Tasks.Any(t => t.TaskId == task.TaskId && TaskCatalog.ChangesWorld(t.Type)));
            svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"bar {(task.Status == "OK" ? "ok" : "fail")}{(action ? " action" : "")}\" x=\"{X(task.BeganMs!.Value)}\" y=\"{TasksTop + (lane * LaneHeight)}\" width=\"{Math.Max(2, X(task.EndedMs!.Value) - X(task.BeganMs.Value)):0.#}\" height=\"10\" rx=\"2\"><title>v{task.Version} {WebUtility.HtmlEncode($"{task.TaskId}: {task.Status}. {task.Out}")}</title></rect>");
        }

        Marks(svg, X, evidence, height);
        return svg.Append("</svg>").ToString();
    }

    private static void Axis(StringBuilder svg, Func<double, double> x, double begin, double end, double zero, int height)
    {
        var step = new long[] { 1, 2, 5, 10, 20, 60, 120, 300, 600 }.First(s => (end - begin) / 1_000 / s <= 12 || s >= 600);
        for (var s = (long)Math.Ceiling((begin - zero) / 1_000 / step) * step; zero + (s * 1_000) <= end; s += step)
        {
            var at = x(zero + (s * 1_000));
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{at}\" x2=\"{at}\" y1=\"{HealthTop - 4}\" y2=\"{height - 18}\"/><text class=\"tick\" x=\"{at}\" y=\"{height - 5}\">{s} s</text>");
        }
    }

    /// <summary>Moments above the lanes; a label that would lie on the one before goes to another row.</summary>
    private static void Marks(StringBuilder svg, Func<double, double> x, RunEvidence evidence, int height)
    {
        var incident = evidence.Incident;
        var marks = new (double? At, string Label)[]
        {
            (incident.InjectedMs, "fault"),
            (incident.TriggerMs, "seen"),
            (incident.TriageBeganMs, "triage"),
            (incident.TriageEndedMs, "done"),
        }.Where(m => m.At is not null).Select(m => (At: m.At!.Value, m.Label)).Concat(incident.Commits.Select(c => (At: c.AtMs, Label: $"v{c.Version}"))).OrderBy(m => m.At);
        var ends = new double[MarkRows];
        foreach (var (at, label) in marks)
        {
            var place = x(at);
            var row = Math.Max(0, Array.FindLastIndex(ends, e => e <= place));
            ends[row] = place + 12 + (label.Length * 6.5);
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"mark\" x1=\"{place}\" x2=\"{place}\" y1=\"{4 + (row * 15)}\" y2=\"{height - 18}\"/><text class=\"label\" x=\"{place + 4}\" y=\"{13 + (row * 15)}\">{label}</text>");
        }
    }

    /// <summary>Tasks that ran, each in the first lane that is free when it begins.</summary>
    private static List<(TaskTrace Task, int Lane)> Lanes(IReadOnlyList<TaskTrace> tasks)
    {
        var ends = new List<double>();
        var placed = new List<(TaskTrace, int)>();
        foreach (var task in tasks.Where(t => t is { BeganMs: not null, EndedMs: not null }).OrderBy(t => t.BeganMs))
        {
            var lane = ends.FindIndex(e => e <= task.BeganMs);
            if (lane < 0)
            {
                lane = ends.Count;
                ends.Add(0);
            }

            ends[lane] = task.EndedMs!.Value;
            placed.Add((task, lane));
        }

        return placed;
    }
}
