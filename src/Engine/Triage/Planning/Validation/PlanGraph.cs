using Quorate.Contracts.Plans;

namespace Quorate.Engine.Triage.Planning.Validation;

/// <summary>What a plan's tasks must be to each other: ids apart, dependencies known, no cycle.</summary>
internal static class PlanGraph
{
    public static void Check(IReadOnlyList<PlanTask> tasks, PlanLimits limits, List<string> reasons)
    {
        foreach (var group in tasks.GroupBy(t => t.TaskId ?? "").Where(g => g.Key.Length > 0 && g.Count() > 1))
        {
            reasons.Add($"task {Shown.Value(group.Key)}: task_id is used {group.Count()} times; allowed: once");
        }

        var bounded = tasks.Take(limits.MaxTasks * 4).ToList();
        var byId = new Dictionary<string, PlanTask>(StringComparer.Ordinal);
        foreach (var task in bounded)
        {
            byId.TryAdd(task.TaskId ?? "", task);
        }

        foreach (var task in bounded)
        {
            foreach (var dependency in (task.Dependencies ?? []).Where(d => d is null || !byId.ContainsKey(d)))
            {
                reasons.Add($"task {Shown.Value(task.TaskId)}: dependency {Shown.Value(dependency)} is unknown; allowed: {Shown.List(byId.Keys.Where(k => k != task.TaskId))}");
            }
        }

        if (FindCycle(byId) is { } cycle)
        {
            reasons.Add(cycle.Count == 2
                ? $"task {Shown.Value(cycle[0])}: depends on itself; allowed: other tasks only"
                : $"plan: dependencies form a cycle: {string.Join(" -> ", cycle.Select(c => Shown.Value(c).Trim('"')))}; allowed: none");
        }
    }

    /// <summary>One cycle, its first id repeated at the end; null when there is none. Depth-first search in three colours (CLRS 22.3).</summary>
    private static List<string>? FindCycle(Dictionary<string, PlanTask> byId)
    {
        var done = new HashSet<string>(StringComparer.Ordinal);
        var path = new List<string>();
        foreach (var id in byId.Keys)
        {
            if (Visit(id) is { } cycle)
            {
                return cycle;
            }
        }

        return null;

        List<string>? Visit(string id)
        {
            if (path.IndexOf(id) is var at && at >= 0)
            {
                return [.. path[at..], id];
            }

            if (done.Contains(id) || !byId.TryGetValue(id, out var task))
            {
                return null;
            }

            path.Add(id);
            var cycle = (task.Dependencies ?? []).Select(d => d is null ? null : Visit(d)).FirstOrDefault(c => c is not null);
            path.RemoveAt(path.Count - 1);
            done.Add(id);
            return cycle;
        }
    }
}
