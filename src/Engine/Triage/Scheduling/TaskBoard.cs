using Quorate.Contracts.Plans;

namespace Quorate.Engine.Triage.Scheduling;

/// <summary>
/// Which tasks of a plan may start now: those whose dependencies are done, in the plan's order, except that two
/// world-changing tasks on one target never run at once. Not thread-safe.
/// </summary>
public sealed class TaskBoard
{
    private readonly Dictionary<string, int> _open = new(StringComparer.Ordinal);
    private readonly ILookup<string, PlanTask> _dependants;
    private readonly LinkedList<PlanTask> _ready = [];
    private readonly HashSet<string> _busy = new(StringComparer.Ordinal);

    public TaskBoard(PlanRun run)
    {
        _dependants = run.Plan.Tasks.SelectMany(t => t.Dependencies.Select(d => (From: d, To: t))).ToLookup(e => e.From, e => e.To, StringComparer.Ordinal);
        foreach (var task in run.Plan.Tasks.Where(t => run[t.TaskId].Result is null))
        {
            // A dependency that failed before is never done, so what waits for it never starts.
            var open = task.Dependencies.Count(d => run[d].Result is not { Status: Contracts.Plans.TaskStatus.Ok });
            _open[task.TaskId] = open;
            if (open == 0)
            {
                _ready.AddLast(task);
            }
        }
    }

    public PlanTask? TakeReady()
    {
        for (var node = _ready.First; node is not null; node = node.Next)
        {
            var task = node.Value;
            if (!TaskCatalog.ChangesWorld(task.Type) || _busy.Add(task.Target))
            {
                _ready.Remove(node);
                return task;
            }
        }

        return null;
    }

    public void Finish(PlanTask task, bool succeeded)
    {
        if (TaskCatalog.ChangesWorld(task.Type))
        {
            _busy.Remove(task.Target);
        }

        foreach (var next in succeeded ? _dependants[task.TaskId] : [])
        {
            if (--_open[next.TaskId] == 0)
            {
                _ready.AddLast(next);
            }
        }
    }
}
