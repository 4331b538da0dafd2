using System.Text.Json;
using Quorate.Contracts.Plans;

namespace Quorate.Engine.Triage;

/// <summary>Builds the answer of <c>triage</c> from an incident's state.</summary>
internal static class TriageReport
{
    public static TriageResult Of(string incidentId, IncidentState state, IncidentClosed closed) => new()
    {
        IncidentId = incidentId,
        Outcome = closed.Outcome,
        RootCause = closed.RootCause,
        RootService = closed.RootService,
        Plans = [.. state.Plans.Select(p => p.Plan)],
        Tasks = [.. state.Plans.SelectMany(p => p.Plan.Tasks.Select(t => Describe(p, t)))],
        Verified = closed.Verified,
        TimingsMs = closed.TimingsMs,
        Questions = state.Questions,
        Deviations = closed.Deviations,
    };

    private static TaskReport Describe(PlanRun plan, PlanTask task)
    {
        var run = plan[task.TaskId];
        return new TaskReport
        {
            TaskId = task.TaskId,
            PlanVersion = plan.Plan.PlanVersion,
            Type = task.Type,
            Target = task.Target,
            Status = run.Result?.Status switch
            {
                Contracts.Plans.TaskStatus.Ok => "OK",
                Contracts.Plans.TaskStatus.Fail => "FAIL",
                _ => "SKIPPED",
            },
            Agent = task.AssignedTo,
            Out = run.Result?.Out ?? (plan.IsSkipped(task) ? "not started: a task before it failed" : "not started"),
            Meta = run.Result?.Meta ?? new Dictionary<string, JsonElement>(),
            EnvelopeHash = run.EnvelopeHash,
            DecisionTag = plan.Committed.Tag,
            DurationMs = run.DurationMs,
        };
    }
}
