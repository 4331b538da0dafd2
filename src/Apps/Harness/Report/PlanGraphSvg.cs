using System.Globalization;
using System.Net;
using System.Text;
using Quorate.Contracts.Plans;
using Quorate.Harness.Records;

namespace Quorate.Harness.Report;

/// <summary>A plan as a picture: tasks in columns by depth, what a task waits for to its left.</summary>
internal static class PlanGraphSvg
{
    private const int BoxWidth = 164;
    private const int BoxHeight = 40;
    private const int ColumnGap = 46;
    private const int RowGap = 10;
    private const int MaxLabel = 24;

    public static string Draw(Plan plan, IReadOnlyList<TaskTrace> traces)
    {
        var depths = Depths(plan);
        var columns = plan.Tasks.GroupBy(t => depths[t.TaskId]).OrderBy(g => g.Key).Select(g => g.ToList()).ToList();
        var tallest = columns.Count == 0 ? 0 : columns.Max(c => c.Count);
        var (width, height) = ((columns.Count * (BoxWidth + ColumnGap)) - ColumnGap + 2, (tallest * (BoxHeight + RowGap)) - RowGap + 2);
        var places = new Dictionary<string, (int X, int Y)>(StringComparer.Ordinal);
        for (var c = 0; c < columns.Count; c++)
        {
            var top = (height - ((columns[c].Count * (BoxHeight + RowGap)) - RowGap)) / 2;
            for (var r = 0; r < columns[c].Count; r++)
            {
                places[columns[c][r].TaskId] = (1 + (c * (BoxWidth + ColumnGap)), top + (r * (BoxHeight + RowGap)));
            }
        }

        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg class=\"plan\" role=\"img\" aria-label=\"Plan version {plan.PlanVersion}\" width=\"{Math.Max(width, 2)}\" height=\"{Math.Max(height, 2)}\" viewBox=\"0 0 {Math.Max(width, 2)} {Math.Max(height, 2)}\">");
        foreach (var task in plan.Tasks)
        {
            foreach (var from in task.Dependencies.Where(places.ContainsKey).Distinct(StringComparer.Ordinal))
            {
                Edge(svg, places[from], places[task.TaskId]);
            }
        }

        foreach (var task in plan.Tasks)
        {
            Box(svg, task, places[task.TaskId], traces.FirstOrDefault(t => t.Version == plan.PlanVersion && t.TaskId == task.TaskId));
        }

        return svg.Append("</svg>").ToString();
    }

    private static void Edge(StringBuilder svg, (int X, int Y) from, (int X, int Y) to)
    {
        var (x1, y1, x2, y2) = (from.X + BoxWidth, from.Y + (BoxHeight / 2), to.X, to.Y + (BoxHeight / 2));
        var bend = Math.Max(12, (x2 - x1) / 2);
        svg.Append(CultureInfo.InvariantCulture, $"<path class=\"edge\" d=\"M{x1} {y1} C{x1 + bend} {y1} {x2 - bend} {y2} {x2 - 5} {y2}\"/><path class=\"tip\" d=\"M{x2} {y2} l-7 -3.5 v7 z\"/>");
    }

    private static void Box(StringBuilder svg, PlanTask task, (int X, int Y) at, TaskTrace? trace)
    {
        var state = trace?.Status switch { "OK" => "ok", "FAIL" => "fail", _ => "skipped" };
        var kind = TaskCatalog.ChangesWorld(task.Type) ? " action" : "";
        svg.Append(CultureInfo.InvariantCulture, $"<g class=\"task {state}{kind}\"><title>{Text($"{task.TaskId}: {task.Type} {task.Target} – {trace?.Status ?? "not run"}. {trace?.Out}", 400)}</title>");
        svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{at.X}\" y=\"{at.Y}\" width=\"{BoxWidth}\" height=\"{BoxHeight}\" rx=\"6\"/>");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"type\" x=\"{at.X + 9}\" y=\"{at.Y + 17}\">{Text(task.Type, MaxLabel)}</text>");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"target\" x=\"{at.X + 9}\" y=\"{at.Y + 32}\">{Text(task.Target, MaxLabel)}</text></g>");
    }

    private static Dictionary<string, int> Depths(Plan plan)
    {
        var depths = plan.Tasks.ToDictionary(t => t.TaskId, _ => 0, StringComparer.Ordinal);
        // A plan has no cycle, so that its longest path has fewer steps than tasks.
        for (var round = 0; round < plan.Tasks.Count; round++)
        {
            foreach (var task in plan.Tasks)
            {
                depths[task.TaskId] = Math.Max(depths[task.TaskId], task.Dependencies.Where(depths.ContainsKey).Select(d => depths[d] + 1).DefaultIfEmpty(0).Max());
            }
        }

        return depths;
    }

    private static string Text(string text, int max) => WebUtility.HtmlEncode(text.Length > max ? text[..(max - 1)] + "…" : text);
}
