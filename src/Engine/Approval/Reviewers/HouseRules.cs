using Quorate.Contracts.Plans;
using Quorate.Engine.Triage.Agents;
using Quorate.Engine.Triage.Planning.Validation;

namespace Quorate.Engine.Approval.Reviewers;

/// <summary>
/// What is forbidden outright. Every reviewer asks this before its own question, so that a lying member cannot get
/// a forbidden action through.
/// </summary>
internal static class HouseRules
{
    /// <summary>Why the action is forbidden; null when it is not.</summary>
    public static string? FindViolation(ReviewRecord record, ApprovalPolicy policy)
    {
        var action = record.Action;
        if (record.Find(action.Target) is null)
        {
            return $"{action.Target} is not a service of the site";
        }

        if (policy.ProtectedServices.Contains(action.Target))
        {
            return $"{action.Target} is a protected service";
        }

        if (policy.DeniedTypes.Contains(action.Type))
        {
            return $"the configuration denies actions of type {action.Type}";
        }

        return action.Type == ApprovalAction.Undo ? null : FindTypeProblem(record, policy) ?? FindRepetition(record, policy);
    }

    private static string? FindTypeProblem(ReviewRecord record, ApprovalPolicy policy)
    {
        var action = record.Action;
        if (!TaskCatalog.Types.TryGetValue(action.Type, out var type) || !type.ChangesWorld)
        {
            return $"{action.Type} is no action that a plan may take";
        }

        var task = new PlanTask { TaskId = action.TaskId, Type = action.Type, Target = action.Target, AssignedTo = type.Agent, Args = record.Args };
        var problems = new List<string>();
        ArgRules.Check($"task {action.TaskId}", task, type, null, problems);
        if (problems.Count > 0)
        {
            return problems[0];
        }

        return action.Type == "exec" && !policy.Commands.Contains(task.Text("command") ?? "")
            ? "the configuration allows no such command"
            : null;
    }

    private static string? FindRepetition(ReviewRecord record, ApprovalPolicy policy)
    {
        var action = record.Action;
        var same = record.Past.Count(p => p.Type == action.Type && p.Target == action.Target && p.ArgsHash == action.ArgsHash);
        if (same >= policy.MaxAttempts)
        {
            return $"{action.Type} of {action.Target} has been tried {same} times in this incident, which is the limit";
        }

        var changes = record.Past.Count(p => p.Target == action.Target);
        return changes >= policy.MaxChanges
            ? $"{action.Target} has been changed {changes} times in this incident, which is the limit"
            : null;
    }
}
