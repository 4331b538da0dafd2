using Quorate.Contracts.Plans;
using Quorate.Engine.Triage.Planning;

namespace Quorate.Engine.Triage;

/// <summary>What a planner is told of the plans before.</summary>
internal static class PlanHistories
{
    /// <summary>
    /// Committed plans, oldest first. What the monitor held against a claim that nothing is wrong belongs to the newest
    /// plan; where there is none, to an empty one of version 0.
    /// </summary>
    public static IReadOnlyList<PlanHistory> Of(IncidentState state)
    {
        var denied = state.NoFaultDenials.SelectMany(d => d).Distinct(StringComparer.Ordinal).ToList();
        List<PlanHistory> history = [.. state.Plans.Select(p => new PlanHistory(p.Plan, p.Results, p.Verification?.Deviations ?? p.Refusals, p.Undone))];
        if (denied.Count == 0)
        {
            return history;
        }

        if (history.Count == 0)
        {
            return [new PlanHistory(NoPlan(state.Opened!), new Dictionary<string, TaskResult>(), denied, false)];
        }

        history[^1] = history[^1] with { Deviations = [.. history[^1].Deviations, .. denied] };
        return history;
    }

    private static Plan NoPlan(IncidentOpened opened) => new()
    {
        PlanId = "none",
        RootGoal = "nothing seemed wrong",
        CreatedAt = opened.At,
        PlanVersion = 0,
        Tasks = [],
    };
}
