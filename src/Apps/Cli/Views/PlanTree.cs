using Quorate.Cli.Common;
using Quorate.Contracts.Plans;
using Spectre.Console;
using Spectre.Console.Rendering;
using TaskStatus = Quorate.Contracts.Plans.TaskStatus;

namespace Quorate.Cli.Views;

/// <summary>One plan as a tree, a line for each task with its state. Not thread-safe.</summary>
internal sealed class PlanTree(Plan plan)
{
    private const int LeastFinding = 20;

    private readonly IReadOnlyList<(PlanTask Task, string Branch)> _order = TreeOrder.Of(plan.Tasks);
    private readonly Dictionary<string, int> _attempts = [];
    private readonly Dictionary<string, (TaskResult Result, double DurationMs)> _finished = [];

    public int Height => _order.Count;

    public bool Begun => _attempts.Count > 0 || _finished.Count > 0;

    public bool Finished => _finished.Count == _order.Count;

    /// <summary>Whether each task has a line of its own at this width.</summary>
    public bool Fits(int width) => Room(width) >= LeastFinding;

    public void Start(string taskId, int attempt) => _attempts[taskId] = attempt;

    public void Finish(string taskId, TaskResult result, double durationMs) => _finished[taskId] = (result, durationMs);

    public IRenderable Render(int width)
    {
        var grid = new Grid();
        grid.AddColumn(new GridColumn().NoWrap().PadLeft(2).PadRight(1));
        grid.AddColumn(new GridColumn().NoWrap().PadRight(2));
        grid.AddColumn(new GridColumn().NoWrap().PadRight(2));
        grid.AddColumn(new GridColumn().NoWrap().RightAligned().PadRight(0));
        var room = Math.Max(LeastFinding, Room(width));
        foreach (var (task, branch) in _order)
        {
            var name = $" {Markup.Escape(task.Type)}";
            var target = $"[blue]{Markup.Escape(task.Target)}[/]";
            if (_finished.TryGetValue(task.TaskId, out var end))
            {
                var ok = end.Result.Status == TaskStatus.Ok;
                grid.AddRow($"[grey]{branch}[/]{(ok ? "[green]✔[/]" : "[red]✘[/]")}{name}", target, Finding(end.Result.Out, ok, room), $"[grey]{Duration.Text(end.DurationMs)}[/]");
            }
            else if (_attempts.TryGetValue(task.TaskId, out var attempt))
            {
                grid.AddRow($"[grey]{branch}[/][yellow]▸[/]{name}", target, attempt > 1 ? $"[yellow]attempt {attempt}[/]" : "[yellow]…[/]", "");
            }
            else
            {
                grid.AddRow($"[grey]{branch}·[/]{name}", target, "", "");
            }
        }

        return grid;
    }

    private int Room(int width) =>
        width - _order.Max(o => o.Branch.Length + o.Task.Type.Length) - _order.Max(o => o.Task.Target.Length) - 18;

    private static string Finding(string text, bool ok, int room)
    {
        var line = text.Split('\n', 2)[0];
        var safe = Output.Safe(line.Length > room ? line[..(room - 1)] + "…" : line);
        return ok ? safe : $"[red]{safe}[/]";
    }
}
