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
        Approvals = [.. state.Plans.SelectMany(p => p.Actions.SelectMany(t => new[] { p[t.TaskId].Approval, p[t.TaskId].UndoApproval }).OfType<ApprovalRecorded>().Select(Describe))],
        Verified = closed.Verified,
        TimingsMs = closed.TimingsMs,
        Questions = state.Questions,
        Deviations = closed.Deviations,
    };

    private static ApprovalReport Describe(ApprovalRecorded a) =>
        new(a.TaskId!, a.PlanVersion, a.Type!, a.Target!, a.Undo, a.Approved, a.Reason, a.Votes, a.CertificateHash, a.Faults, a.Confidence, a.DurationMs);

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
            Out = run.Result?.Out ?? (plan.IsRefused ? "not started: the panel refused a part of the plan" : plan.IsSkipped(task) ? "not started: a task before it failed" : "not started"),
            Meta = run.Result?.Meta ?? new Dictionary<string, JsonElement>(),
            EnvelopeHash = run.EnvelopeHash,
            Certificate = run.Approval is { Approved: true } approval ? approval.CertificateHash : null,
            DecisionTag = plan.Committed.Tag,
            DurationMs = run.DurationMs,
        };
    }
}
