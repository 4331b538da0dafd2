using Quorate.Contracts.Plans;
using Quorate.Harness.Records;

namespace Quorate.Harness.Metrics;

/// <summary>
/// The counts that decide about a run's success beside the site's state. Total: tasks of the last committed plan and those
/// dispatched in earlier versions. Completed: ran and returned evidence, whatever it found. Leaf: nothing depends on it.
/// </summary>
public sealed record TaskCounts(int Total, int Completed, int Leaves, int FailedLeaves, int Actions)
{
    /// <summary>At least 80 % completed, at most 20 % of the leaves failed; nothing planned passes only where nothing was wrong.</summary>
    public bool Pass(bool hasFault) => Total == 0 ? !hasFault : 5 * Completed >= 4 * Total && 5 * FailedLeaves <= Leaves;

    public static TaskCounts Of(IReadOnlyList<Plan> plans, IReadOnlyList<TaskTrace> traces)
    {
        var byTask = traces.ToDictionary(t => (t.Version, t.TaskId));
        var counted = plans
            .SelectMany((plan, i) => plan.Tasks.Select(task => (Plan: plan, Task: task, Trace: byTask.GetValueOrDefault((plan.PlanVersion, task.TaskId)), Last: i == plans.Count - 1)))
            .Where(t => t.Last || t.Trace is { Dispatched: true })
            .ToList();
        var leaves = counted.Where(t => !t.Plan.Tasks.Any(other => other.Dependencies.Contains(t.Task.TaskId, StringComparer.Ordinal))).ToList();
        return new TaskCounts(
            counted.Count,
            counted.Count(t => t.Trace is { GaveEvidence: true }),
            leaves.Count,
            leaves.Count(t => t.Trace is not { GaveEvidence: true }),
            counted.Count(t => TaskCatalog.ChangesWorld(t.Task.Type) && t.Trace is { Dispatched: true }));
    }
}
