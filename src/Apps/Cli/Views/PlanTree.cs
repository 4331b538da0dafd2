using Quorate.Cli.Common;
using Quorate.Contracts.Plans;
using Spectre.Console;
using Spectre.Console.Rendering;
using TaskStatus = Quorate.Contracts.Plans.TaskStatus;

namespace Quorate.Cli.Views;

/// <summary>One committed plan as a tree with the state of every task. Thread-safe.</summary>
internal sealed class PlanTree
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Row> _rows;
    private readonly IReadOnlyList<(PlanTask Task, string Branch)> _order;

    public PlanTree(Plan plan)
    {
        Plan = plan;
        _order = TreeOrder.Of(plan.Tasks);
        _rows = plan.Tasks.ToDictionary(t => t.TaskId, _ => new Row());
    }

    public Plan Plan { get; }

    public bool Finished
    {
        get
        {
            lock (_gate)
            {
                return _rows.Values.All(r => r.Result is not null);
            }
        }
    }

    public void Start(string taskId, int attempt)
    {
        lock (_gate)
        {
            if (_rows.TryGetValue(taskId, out var row))
            {
                row.Attempt = attempt;
            }
        }
    }

    public void Finish(string taskId, TaskResult result, double durationMs)
    {
        lock (_gate)
        {
            if (_rows.TryGetValue(taskId, out var row))
            {
                row.Result = result;
                row.DurationMs = durationMs;
            }
        }
    }

    public IRenderable Render(int width)
    {
        lock (_gate)
        {
            var grid = new Grid();
            grid.AddColumn(new GridColumn().NoWrap().PadLeft(2).PadRight(1));
            grid.AddColumn(new GridColumn().NoWrap().PadRight(2));
            grid.AddColumn(new GridColumn().NoWrap().PadRight(2));
            grid.AddColumn(new GridColumn().NoWrap().RightAligned().PadRight(0));
            var room = Math.Max(20, width - _order.Max(o => o.Branch.Length + o.Task.Type.Length) - _order.Max(o => o.Task.Target.Length) - 18);
            foreach (var (task, branch) in _order)
            {
                var row = _rows[task.TaskId];
                grid.AddRow(
                    new Markup($"[grey]{branch}[/]{Glyph(row)} {Markup.Escape(task.Type)}"),
                    new Markup($"[blue]{Markup.Escape(task.Target)}[/]"),
                    new Markup(Finding(row, room)),
                    new Markup(row.Result is null ? "" : $"[grey]{Duration.Text(row.DurationMs)}[/]"));
            }

            return grid;
        }
    }

    private static string Glyph(Row row) => row switch
    {
        { Result.Status: TaskStatus.Ok } => "[green]✔[/]",
        { Result.Status: TaskStatus.Fail } => "[red]✘[/]",
        { Attempt: > 0 } => "[yellow]▸[/]",
        _ => "[grey]·[/]",
    };

    private static string Finding(Row row, int room)
    {
        if (row.Result is null)
        {
            return row.Attempt > 1 ? $"[yellow]attempt {row.Attempt}[/]" : "";
        }

        var line = row.Result.Out.Split('\n', 2)[0];
        var text = Output.Safe(line.Length > room ? line[..(room - 1)] + "…" : line);
        return row.Result.Status == TaskStatus.Fail ? $"[red]{text}[/]" : text;
    }

    private sealed class Row
    {
        public int Attempt { get; set; }
        public TaskResult? Result { get; set; }
        public double DurationMs { get; set; }
    }
}
