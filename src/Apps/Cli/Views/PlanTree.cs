using Quorate.Cli.Common;
using Quorate.Contracts.Plans;
using Spectre.Console;
using Spectre.Console.Rendering;
using TaskStatus = Quorate.Contracts.Plans.TaskStatus;

namespace Quorate.Cli.Views;

/// <summary>One plan as a tree with what came of every task. Not thread-safe.</summary>
internal sealed class PlanTree(Plan plan)
{
    private readonly IReadOnlyList<(PlanTask Task, string Branch)> _order = TreeOrder.Of(plan.Tasks);
    private readonly Dictionary<string, (TaskResult Result, double DurationMs)> _finished = [];

    public bool Begun => _finished.Count > 0;

    public bool Finished => _finished.Count == _order.Count;

    public void Finish(string taskId, TaskResult result, double durationMs) => _finished[taskId] = (result, durationMs);

    public IRenderable Render(int width)
    {
        var grid = new Grid();
        grid.AddColumn(new GridColumn().NoWrap().PadLeft(2).PadRight(1));
        grid.AddColumn(new GridColumn().NoWrap().PadRight(2));
        grid.AddColumn(new GridColumn().NoWrap().PadRight(2));
        grid.AddColumn(new GridColumn().NoWrap().RightAligned().PadRight(0));
        var room = Math.Max(20, width - _order.Max(o => o.Branch.Length + o.Task.Type.Length) - _order.Max(o => o.Task.Target.Length) - 18);
        foreach (var (task, branch) in _order)
        {
            var name = $" {Markup.Escape(task.Type)}";
            var target = $"[blue]{Markup.Escape(task.Target)}[/]";
            if (_finished.TryGetValue(task.TaskId, out var end))
            {
                var ok = end.Result.Status == TaskStatus.Ok;
                grid.AddRow($"[grey]{branch}[/]{(ok ? "[green]✔[/]" : "[red]✘[/]")}{name}", target, Finding(end.Result.Out, ok, room), $"[grey]{Duration.Text(end.DurationMs)}[/]");
            }
            else
            {
                grid.AddRow($"[grey]{branch}·[/]{name}", target, "", "");
            }
        }

        return grid;
    }

    private static string Finding(string text, bool ok, int room)
    {
        var line = text.Split('\n', 2)[0];
        var safe = Output.Safe(line.Length > room ? line[..(room - 1)] + "…" : line);
        return ok ? safe : $"[red]{safe}[/]";
    }
}
