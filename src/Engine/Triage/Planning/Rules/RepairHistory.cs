namespace Quorate.Engine.Triage.Planning.Rules;

/// <summary>Which steps have been tried in this incident, by whichever planner, and to no avail.</summary>
internal sealed class RepairHistory(IReadOnlyList<PlanHistory> history)
{
    /// <summary>A step that was undone without being blamed may be repeated once.</summary>
    private const int MaxAttempts = 2;

    /// <summary>The rule's next step for the service, and how many came before it; null when all have been tried.</summary>
    public (IReadOnlyList<Step> Steps, int Tried)? Next(Rule rule, ServiceFacts facts)
    {
        for (var i = 0; i < rule.Repair.Count; i++)
        {
            var steps = StepExpansion.Expand(rule.Repair[i], rule, facts);
            var tooMany = rule.Repair[i].Type != "restore_config" && steps.Count > StepExpansion.MaxPerStep && i + 1 < rule.Repair.Count;
            var left = steps.Where(s => !Exhausted(s)).ToList();
            if (left.Count > 0 && !tooMany)
            {
                return (left, i);
            }
        }

        return null;
    }

    private bool Exhausted(Step step)
    {
        var attempts = 0;
        foreach (var entry in history)
        {
            var task = entry.Plan.Tasks.FirstOrDefault(t => step.SameAs(t.Type, t.Target, t.Args));
            if (task is null || !entry.Results.TryGetValue(task.TaskId, out var result))
            {
                continue;
            }

            attempts++;
            if (result.Status == Contracts.Plans.TaskStatus.Fail || !entry.Undone || Blamed(entry, step.Target))
            {
                return true;
            }
        }

        return attempts >= MaxAttempts;
    }

    private static bool Blamed(PlanHistory entry, string service) =>
        entry.Deviations.Any(d => new IncidentWords(d).Has(IncidentWords.Fold(service)));
}
