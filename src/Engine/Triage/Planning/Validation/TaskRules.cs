using Quorate.Contracts.Plans;
using Quorate.Contracts.Sites;

namespace Quorate.Engine.Triage.Planning.Validation;

/// <summary>What one task must be, whatever the others are.</summary>
internal static class TaskRules
{
    private static readonly string AllowedTypes = Shown.List(TaskCatalog.Types.Keys);

    public static void Check(PlanTask task, Site site, PlanLimits limits, List<string> reasons)
    {
        var where = $"task {Shown.Value(task.TaskId)}";
        CheckId(where, "task_id", task.TaskId, limits, reasons);
        var service = task.Target is null ? null : site.Find(task.Target);
        if (service is null)
        {
            reasons.Add($"{where}: target {Shown.Value(task.Target)} is not in the inventory; allowed: {Shown.List(site.Services.Select(s => s.Name))}");
        }

        if (task.EstimatedCostMs < 0 || task.EstimatedCostMs > limits.MaxCostMs)
        {
            reasons.Add($"{where}: estimated_cost_ms is {task.EstimatedCostMs}; allowed: 0–{limits.MaxCostMs}");
        }

        if (task.Type is null || !TaskCatalog.Types.TryGetValue(task.Type, out var type))
        {
            reasons.Add($"{where}: type {Shown.Value(task.Type)} is unknown; allowed: {AllowedTypes}");
            return;
        }

        if (task.AssignedTo != type.Agent)
        {
            reasons.Add($"{where}: assigned_to is {Shown.Value(task.AssignedTo)}; allowed for {type.Name}: {type.Agent}");
        }

        ArgRules.Check(where, task, type, service, reasons);
    }

    /// <summary>Ids become parts of records and of other ids, so they are short and plain.</summary>
    public static void CheckId(string where, string field, string? id, PlanLimits limits, List<string> reasons)
    {
        if (string.IsNullOrEmpty(id) || id.Length > limits.MaxIdLength)
        {
            reasons.Add($"{where}: {field} has {id?.Length ?? 0} characters; allowed: 1–{limits.MaxIdLength}");
        }
        else if (!id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            reasons.Add($"{where}: {field} {Shown.Value(id)} has other characters than letters, digits, hyphen, underscore and dot");
        }
    }
}
