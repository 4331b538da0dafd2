using Quorate.Contracts.Plans;
using Quorate.Engine.Triage.Monitoring;
using Quorate.Engine.Triage.Planning;

namespace Quorate.Engine.Triage;

/// <summary>The person (or script) on the other side of a repair. Called from several threads; must not block for long except to ask.</summary>
public interface ITriageObserver
{
    void OnEvent(TriageEvent triageEvent);

    /// <summary>May these world-changing tasks run? False ends the incident unresolved with nothing done.</summary>
    Task<bool> ConfirmAsync(Plan plan, IReadOnlyList<PlanTask> actions, CancellationToken cancellationToken);

    /// <summary>The person's answer; null when there is nobody to ask, which ends the incident with needs_input.</summary>
    Task<string?> AskAsync(ClarifyingTask question, CancellationToken cancellationToken);
}

/// <summary>What happens in a repair, as it happens. AtMs: milliseconds since the incident was opened, monotonic.</summary>
public abstract record TriageEvent(double AtMs)
{
    public sealed record Opened(double AtMs, string IncidentId, string Text, bool Resumed) : TriageEvent(AtMs);

    public sealed record Observed(double AtMs, SiteSnapshot Snapshot) : TriageEvent(AtMs);

    /// <summary>A planner's proposal was refused; every reason is listed.</summary>
    public sealed record Rejected(double AtMs, PlanRejection Rejection) : TriageEvent(AtMs);

    public sealed record Committed(double AtMs, Plan Plan, PlanProposal Proposal) : TriageEvent(AtMs);

    /// <summary>The panel decided about an action of the plan (or, Undo, about taking its effect back).</summary>
    public sealed record Approved(double AtMs, ApprovalRecorded Approval) : TriageEvent(AtMs);

    /// <summary>The plan's actions need no approval: it is switched off.</summary>
    public sealed record ApprovalOff(double AtMs) : TriageEvent(AtMs);

    public sealed record TaskStarted(double AtMs, int PlanVersion, PlanTask Task, int Attempt) : TriageEvent(AtMs);

    public sealed record TaskFinished(double AtMs, int PlanVersion, PlanTask Task, TaskResult Result, double DurationMs) : TriageEvent(AtMs);

    /// <summary>The monitor saw something other than expected and asks for a new plan.</summary>
    public sealed record Deviated(double AtMs, IReadOnlyList<string> Deviations) : TriageEvent(AtMs);

    public sealed record Verifying(double AtMs, TimeSpan Window) : TriageEvent(AtMs);

    public sealed record Verified(double AtMs, bool Passed, IReadOnlyList<string> Deviations) : TriageEvent(AtMs);

    public sealed record Undone(double AtMs, PlanTask Task, TaskResult Result) : TriageEvent(AtMs);

    public sealed record Closed(double AtMs, TriageResult Result) : TriageEvent(AtMs);
}
