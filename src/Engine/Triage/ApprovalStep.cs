using System.Security.Cryptography;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Approval;

namespace Quorate.Engine.Triage;

/// <summary>Gets the panel's decision about what a plan is to change, and records it, before anything is dispatched.</summary>
internal sealed class ApprovalStep(IncidentContext incident)
{
    private IApprovalPanel? Panel => incident.Services.Approval;

    /// <summary>A decision that the ledger holds is not asked for again.</summary>
    public bool IsNeeded(PlanRun plan) => !plan.IsFinished && (Panel is null
        ? plan.Actions.Count > 0 && !plan.ApprovalOff
        : Open(plan).Any());

    /// <summary>All actions of the plan in one batch.</summary>
    public async Task AskAsync(PlanRun plan, CancellationToken cancellationToken)
    {
        if (Panel is null)
        {
            await incident.Journal.AppendAsync(
                new ApprovalRecorded(plan.Plan.PlanId, plan.Plan.PlanVersion, null, null, null, false, ApprovalRecorded.Off, true, "approval is switched off", [], null, null, [], 0, 0),
                DecisionTag.Deterministic, cancellationToken);
            incident.Tell(new TriageEvent.ApprovalOff(incident.Clock.NowMs));
            return;
        }

        var tasks = Open(plan).ToList();
        var records = await RecordsAsync(r => tasks.ConvertAll(t => r.For(plan, t, incident.State)), cancellationToken);
        var (decisions, ms) = await DecideAsync(records, cancellationToken);
        foreach (var (task, decision) in tasks.Zip(decisions))
        {
            await RecordAsync(plan, task, false, decision, ms, cancellationToken);
        }
    }

    /// <summary>Null when the effect may be taken back, otherwise why not.</summary>
    public async Task<string?> FindUndoProblemAsync(PlanRun plan, PlanTask task, Undo intent, CancellationToken cancellationToken)
    {
        if (Panel is null)
        {
            return null;
        }

        var run = plan[task.TaskId];
        if (run.UndoApproval is null)
        {
            var records = await RecordsAsync(r => [r.ForUndo(plan, task, intent, incident.State)], cancellationToken);
            var (decisions, ms) = await DecideAsync(records, cancellationToken);
            await RecordAsync(plan, task, true, decisions[0], ms, cancellationToken);
        }

        return run.UndoApproval is { Approved: false } refused
            ? refused.Reason
            : Panel.Verifier.FindProblem(run.UndoApproval?.Certificate, ApprovalAction.OfUndo(incident.Journal.IncidentId, plan.Plan.PlanId, task, intent));
    }

    private static IEnumerable<PlanTask> Open(PlanRun plan) =>
        plan.Actions.Where(t => plan[t.TaskId] is { Approval: null, Result: null });

    private async Task<List<ReviewRecord>> RecordsAsync(Func<ReviewRecords, List<ReviewRecord>> write, CancellationToken cancellationToken)
    {
        // What the plan was made from; after a restart it has to be looked at again.
        incident.Snapshot ??= await incident.Clock.MeasureAsync(TriagePhase.Detect, () => incident.Parts.Observer.SnapshotAsync(cancellationToken));
        return write(new ReviewRecords(incident.PlanningContext(incident.Snapshot)));
    }

    private async Task<(IReadOnlyList<ApprovalDecision> Decisions, double Ms)> DecideAsync(List<ReviewRecord> records, CancellationToken cancellationToken)
    {
        var began = incident.Services.Time.GetTimestamp();
        var decisions = await incident.Clock.MeasureAsync(TriagePhase.Plan, () => Panel!.DecideAsync(records, cancellationToken));
        return (decisions, incident.Services.Time.GetElapsedTime(began).TotalMilliseconds);
    }

    private async Task RecordAsync(PlanRun plan, PlanTask task, bool undo, ApprovalDecision decision, double ms, CancellationToken cancellationToken)
    {
        var hash = decision.Certificate is { } certificate ? Convert.ToHexStringLower(SHA256.HashData(Convert.FromBase64String(certificate))) : null;
        var recorded = new ApprovalRecorded(
            plan.Plan.PlanId, plan.Plan.PlanVersion, task.TaskId, task.Type, task.Target, undo, ApprovalRecorded.Panel,
            decision.Approved, decision.Reason, decision.Votes, hash, decision.Certificate, decision.Faults, decision.Confidence, ms);
        await incident.Journal.AppendAsync(recorded, DecisionTag.Deterministic, cancellationToken);
        incident.Tell(new TriageEvent.Approved(incident.Clock.NowMs, recorded));
    }
}
