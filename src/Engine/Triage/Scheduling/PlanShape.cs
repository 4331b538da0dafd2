using Quorate.Contracts.Plans;

namespace Quorate.Engine.Triage.Scheduling;

/// <summary>What a plan must be for the scheduler to carry it out, whoever made it.</summary>
public static class PlanShape
{
    /// <summary>Every reason why it cannot be carried out; empty when it can.</summary>
    public static IReadOnlyList<string> FindProblems(Plan plan)
    {
        List<string> problems = plan.Tasks.Count == 0 ? ["the plan has no tasks"] : [];
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var task in plan.Tasks)
        {
            if (!known.Add(task.TaskId))
            {
                problems.Add($"task id {task.TaskId} is used twice");
            }

            if (!TaskCatalog.Types.TryGetValue(task.Type, out var type))
            {
                problems.Add($"task {task.TaskId} has the unknown type {task.Type}; allowed: {string.Join(", ", TaskCatalog.Types.Keys)}");
            }
            else if (type.Agent != task.AssignedTo)
            {
                problems.Add($"task {task.TaskId} of type {task.Type} is assigned to {task.AssignedTo}; allowed: {type.Agent}");
            }
        }

        problems.AddRange(plan.Tasks.SelectMany(t => t.Dependencies.Where(d => !known.Contains(d)).Select(d => $"task {t.TaskId} depends on {d}, which is not in the plan")));
        if (problems.Count == 0 && HasCycle(plan.Tasks))
        {
            problems.Add("the dependencies form a cycle");
        }

        return problems;
    }

    /// <summary>Kahn, Topological sorting of large networks, 1962: what is never free of dependencies lies on or behind a cycle.</summary>
    private static bool HasCycle(IReadOnlyList<PlanTask> tasks)
    {
        var dependants = tasks.SelectMany(t => t.Dependencies.Select(d => (From: d, To: t.TaskId))).ToLookup(e => e.From, e => e.To, StringComparer.Ordinal);
        var open = tasks.ToDictionary(t => t.TaskId, t => t.Dependencies.Count, StringComparer.Ordinal);
        var free = new Queue<string>(open.Where(o => o.Value == 0).Select(o => o.Key));
        var visited = 0;
        while (free.TryDequeue(out var id))
        {
            visited++;
            foreach (var next in dependants[id])
            {
                if (--open[next] == 0)
                {
                    free.Enqueue(next);
                }
            }
        }

        return visited < tasks.Count;
    }
}
