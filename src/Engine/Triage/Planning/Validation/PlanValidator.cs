using Quorate.Contracts.Plans;
using Quorate.Contracts.Sites;

namespace Quorate.Engine.Triage.Planning.Validation;

/// <summary>The gate every plan passes, whoever made it. Says everything that is wrong at once.</summary>
public static class PlanValidator
{
    /// <summary>Reasons that one plan may be refused for are cut after this many.</summary>
    public const int MaxReasons = 100;

    /// <summary>Every reason to refuse the plan, each naming task, field, value and what is allowed; empty when it is valid.</summary>
    public static IReadOnlyList<string> Validate(Plan plan, Site site, PlanLimits limits)
    {
        var reasons = new List<string>();
        CheckHead(plan, limits, reasons);
        var tasks = plan.Tasks ?? [];
        // A plan far over the limit is refused for that alone; looking at each task would only cost time.
        foreach (var task in tasks.Take(limits.MaxTasks * 4))
        {
            TaskRules.Check(task, site, limits, reasons);
        }

        PlanGraph.Check(tasks, limits, reasons);
        return reasons.Count <= MaxReasons ? reasons : [.. reasons.Take(MaxReasons), $"and {reasons.Count - MaxReasons} more reasons"];
    }

    private static void CheckHead(Plan plan, PlanLimits limits, List<string> reasons)
    {
        TaskRules.CheckId("plan", "plan_id", plan.PlanId, limits, reasons);
        if (string.IsNullOrWhiteSpace(plan.RootGoal) || plan.RootGoal.Length > limits.MaxTextLength)
        {
            reasons.Add($"plan: root_goal has {plan.RootGoal?.Length ?? 0} characters; allowed: 1–{limits.MaxTextLength}");
        }

        if (plan.PlanVersion < 1)
        {
            reasons.Add($"plan: plan_version is {plan.PlanVersion}; allowed: 1 or more");
        }

        var max = limits.TasksFor(plan.PlanVersion);
        if (plan.Tasks?.Count > max)
        {
            reasons.Add($"plan: tasks has {plan.Tasks.Count} entries; allowed: at most {max} in version {plan.PlanVersion}");
        }

        if (plan.Tasks is null or { Count: 0 } && plan.ClarifyingTask is null)
        {
            reasons.Add("plan: tasks is empty and there is no clarifying_task; allowed: at least one task or a question");
        }

        if (plan.ClarifyingTask is { } question)
        {
            TaskRules.CheckId("clarifying_task", "task_id", question.TaskId, limits, reasons);
            if (string.IsNullOrWhiteSpace(question.Question) || question.Question.Length > limits.MaxTextLength)
            {
                reasons.Add($"clarifying_task: question has {question.Question?.Length ?? 0} characters; allowed: 1–{limits.MaxTextLength}");
            }
        }
    }
}
