using System.Globalization;
using System.Text.Json;
using Quorate.Contracts;
using Quorate.Contracts.Plans;

namespace Quorate.Engine.Triage.Planning.Rules;

/// <summary>Writes the rulebook's plans: numbered tasks with the agent and cost that their type implies.</summary>
internal static class PlanWriter
{
    /// <summary>The plan's own check waits until a repaired service answers; the engine's verification then holds the whole site through a window.</summary>
    private const string CheckWindow = "0s";

    /// <summary>Order within one service, least invasive first. Reconcile makes the others needless.</summary>
    private static readonly string[] Invasiveness = ["verify", "unpause", "start", "scale", "set_env", "restore_config", "end_sessions", "restart"];

    /// <summary>Tasks that all start at once.</summary>
    public static IReadOnlyList<PlanTask> Evidence(IEnumerable<Step> steps) =>
        [.. steps.Select((s, i) => Task("e", i, s, []))];

    /// <summary>
    /// Actions, those of a service after those of the services it needs, then one check per repaired service after all of
    /// them: a check also looks at dependants, which may still wait for their own repair. Whole services are left out when
    /// there is no room; they are found again next time.
    /// </summary>
    public static IReadOnlyList<PlanTask> Repair(IReadOnlyList<Finding> findings, SiteGraph graph, int maxTasks)
    {
        var tasks = new List<PlanTask>();
        var last = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var service in graph.Order.Where(s => findings.Any(f => f.Service == s)))
        {
            var steps = Merge(findings.Where(f => f.Service == service).SelectMany(f => f.Next!));
            if (tasks.Count + steps.Count + last.Count + 1 > maxTasks)
            {
                continue;
            }

            var before = last.Where(l => graph.Needs(service).Contains(l.Key)).Select(l => l.Value).ToList();
            foreach (var step in steps)
            {
                var task = Task("a", tasks.Count, step, before);
                tasks.Add(task);
                last[service] = task.TaskId;
                before = [task.TaskId];
            }
        }

        var actions = last.Values.ToList();
        var window = new Dictionary<string, JsonElement> { ["window"] = QuorateJson.ToElement(CheckWindow) };
        return [.. tasks, .. last.Keys.Select((s, i) => Task("v", i, new Step("verify", s, window), actions))];
    }

    private static List<Step> Merge(IEnumerable<Step> steps)
    {
        var distinct = new List<Step>();
        foreach (var step in steps.Where(s => !distinct.Exists(d => d.SameAs(s.Type, s.Target, s.Args))))
        {
            distinct.Add(step);
        }

        if (distinct.Find(s => s.Type == "reconcile") is { } reconcile)
        {
            return [reconcile];
        }

        // Setting a variable replaces the running service, so a restart beside it would be a second one.
        return [.. distinct.Where(s => s.Type != "restart" || !distinct.Exists(d => d.Type == "set_env"))
            .OrderBy(s => Array.IndexOf(Invasiveness, s.Type) is var at && at < 0 ? Invasiveness.Length : at)];
    }

    private static PlanTask Task(string prefix, int index, Step step, IReadOnlyList<string> dependencies) => new()
    {
        TaskId = prefix + (index + 1).ToString(CultureInfo.InvariantCulture),
        Type = step.Type,
        Target = step.Target,
        Args = step.Args,
        Dependencies = dependencies,
        AssignedTo = TaskCatalog.Types[step.Type].Agent,
        EstimatedCostMs = TaskCatalog.ChangesWorld(step.Type) ? 3000 : step.Type == "verify" ? 1500 : 200,
    };
}
