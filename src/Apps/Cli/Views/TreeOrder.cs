using Quorate.Contracts.Plans;

namespace Quorate.Cli.Views;

/// <summary>Lays a task graph out as a tree: each task under the last of its dependencies, in plan order.</summary>
internal static class TreeOrder
{
    public static IReadOnlyList<(PlanTask Task, string Branch)> Of(IReadOnlyList<PlanTask> tasks)
    {
        var known = tasks.Select(t => t.TaskId).ToHashSet();
        var children = tasks.ToLookup(t => t.Dependencies.LastOrDefault(known.Contains) ?? "");
        var lines = new List<(PlanTask, string)>(tasks.Count);
        Visit("", "", root: true);
        return lines;

        void Visit(string parent, string indent, bool root)
        {
            var below = children[parent].ToList();
            for (var i = 0; i < below.Count; i++)
            {
                var last = i == below.Count - 1;
                lines.Add((below[i], indent + (root ? "" : last ? "└─ " : "├─ ")));
                Visit(below[i].TaskId, indent + (root ? "" : last ? "   " : "│  "), root: false);
            }
        }
    }
}
