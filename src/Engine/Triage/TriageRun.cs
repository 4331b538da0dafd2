using Quorate.Contracts.Plans;
using Quorate.Engine.Triage.Planning;
using Quorate.Engine.Triage.Scheduling;

namespace Quorate.Engine.Triage;

/// <summary>
/// Drives one incident from where its state stands to its end. Each step reads the state, does one thing and records it,
/// so a run that was cut anywhere goes on from the same place when the ledger is folded again.
/// </summary>
internal sealed class TriageRun(IncidentContext incident)
{
    private readonly PlanningStep _planning = new(incident);
    private readonly VerificationStep _verification = new(incident);
    private readonly ApprovalStep _approval = new(incident);
    private readonly UndoStep _undo = new(incident, new ApprovalStep(incident));

    /// <summary>The result, after it has been recorded and the ledger's head signed.</summary>
    public async Task<TriageResult> RunAsync(bool resumed, CancellationToken cancellationToken)
    {
        incident.Tell(new TriageEvent.Opened(incident.Clock.NowMs, incident.Journal.IncidentId, incident.State.Opened!.Text, resumed));
        if (incident.Snapshot is { } first)
        {
            incident.Tell(new TriageEvent.Observed(incident.Clock.NowMs, first));
        }

        Ending? ending = null;
        while (ending is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ending = await StepAsync(cancellationToken);
        }

        return await CloseAsync(ending, cancellationToken);
    }

    private async Task<Ending?> StepAsync(CancellationToken cancellationToken)
    {
        if (incident.State.NoFaultConfirmed)
        {
            return NoFault();
        }

        if (incident.State.Current is { IsRefused: true } refused && incident.State.Opened!.HandPlan is not null)
        {
            return Ending.Unresolved(refused.Refusals);
        }

        if (incident.State.Current is not { IsSettled: false } plan)
        {
            return await ProposeAsync(cancellationToken);
        }

        if (plan.Allowed == false)
        {
            return Ending.Unresolved("the person did not allow the plan's actions");
        }

        if (_approval.IsNeeded(plan))
        {
            await _approval.AskAsync(plan, cancellationToken);
        }
        else if (plan.Actions.Count > 0 && plan.Allowed is null)
        {
            await ConfirmAsync(plan, cancellationToken);
        }
        else if (!plan.IsFinished)
        {
            await ExecuteAsync(plan, cancellationToken);
        }
        else if (plan.Verification is null)
        {
            await _verification.VerifyAsync(plan, cancellationToken);
        }
        else if (plan.Verification.Passed)
        {
            var cause = plan.Committed.Hypotheses is [var best, ..] ? best : null;
            return new Ending(TriageOutcome.Resolved, cause?.Cause, cause?.Service, true, []);
        }
        else
        {
            if (!plan.Triggered)
            {
                await _verification.TriggerAsync(plan.Plan.PlanVersion, null, plan.Verification.Deviations, cancellationToken);
            }

            await _undo.TakeBackAsync(plan, cancellationToken);
        }

        return null;
    }

    private async Task<Ending?> ProposeAsync(CancellationToken cancellationToken)
    {
        if (_planning.FindLimit() is { } limit)
        {
            return Ending.Unresolved([limit, .. incident.LastDeviations()]);
        }

        if (incident.State.PendingQuestion is { } pending)
        {
            return await AskAsync(pending, cancellationToken);
        }

        if (await _planning.FindProposalAsync(cancellationToken) is not { } proposal)
        {
            return Ending.Unresolved([_planning.OutOfTime(), .. incident.LastDeviations()]);
        }

        foreach (var rejection in proposal.Rejections)
        {
            await _planning.RejectAsync(rejection, false, cancellationToken);
        }

        switch (proposal.Kind)
        {
            case ProposalKind.Plan:
                await _planning.CommitAsync(proposal, cancellationToken);
                return null;
            case ProposalKind.Question when incident.State.Questions.Count < incident.Options.MaxQuestions:
                await incident.Journal.AppendAsync(new QuestionAsked(proposal.Question!), proposal.DecisionTag, cancellationToken);
                return null;
            case ProposalKind.Question:
                return new Ending(TriageOutcome.NeedsInput, null, null, false, incident.LastDeviations());
            case ProposalKind.NothingWrong:
                await _verification.VerifyNoFaultAsync(cancellationToken);
                return null;
            default:
                return Ending.Unresolved([proposal.Rationale, .. incident.LastDeviations()]);
        }
    }

    private async Task<Ending?> AskAsync(ClarifyingTask question, CancellationToken cancellationToken)
    {
        var answer = await incident.Clock.MeasureAsync(TriagePhase.Wait, () => incident.Watcher.AskAsync(question, cancellationToken));
        if (answer is null)
        {
            return new Ending(TriageOutcome.NeedsInput, null, null, false, incident.LastDeviations());
        }

        await incident.Journal.AppendAsync(new QuestionAnswered(question.TaskId, question.Question, answer), null, cancellationToken);
        return null;
    }

    private async Task ConfirmAsync(PlanRun plan, CancellationToken cancellationToken)
    {
        var allowed = await incident.Clock.MeasureAsync(TriagePhase.Wait, () => incident.Watcher.ConfirmAsync(plan.Plan, plan.Actions, cancellationToken));
        await incident.Journal.AppendAsync(new PlanConfirmed(plan.Plan.PlanId, plan.Plan.PlanVersion, allowed), null, cancellationToken);
    }

    private async Task ExecuteAsync(PlanRun plan, CancellationToken cancellationToken)
    {
        var version = plan.Plan.PlanVersion;
        var callbacks = new ScheduleCallbacks(
            (task, attempt) => incident.Tell(new TriageEvent.TaskStarted(incident.Clock.NowMs, version, task, attempt)),
            (task, result, ms) => incident.Tell(new TriageEvent.TaskFinished(incident.Clock.NowMs, version, task, result, ms)));
        await incident.Clock.MeasureAsync(TriagePhase.Act, async () =>
        {
            await incident.Parts.Scheduler.RunAsync(plan, incident.Journal, callbacks, cancellationToken);
            return true;
        });
    }

    private Ending NoFault() => incident.State.Plans.Any(p => p.Actions.Any(t => p[t.TaskId].Result is { Status: Contracts.Plans.TaskStatus.Ok }))
        ? new Ending(TriageOutcome.Resolved, null, null, true, [])
        : new Ending(TriageOutcome.NoFault, null, null, true, []);

    private async Task<TriageResult> CloseAsync(Ending ending, CancellationToken cancellationToken)
    {
        var closed = new IncidentClosed(ending.Outcome, ending.RootCause, ending.RootService, ending.Verified, ending.Deviations, incident.Clock.Timings);
        await incident.Journal.AppendAsync(closed, null, cancellationToken);
        await incident.Services.Ledger.CheckpointAsync(cancellationToken);
        if (ending.Verified && incident.Services.OnHealthy is { } note)
        {
            await note(cancellationToken);
        }

        var result = TriageReport.Of(incident.Journal.IncidentId, incident.State, closed);
        incident.Tell(new TriageEvent.Closed(incident.Clock.NowMs, result));
        return result;
    }

    private sealed record Ending(TriageOutcome Outcome, string? RootCause, string? RootService, bool Verified, IReadOnlyList<string> Deviations)
    {
        public static Ending Unresolved(params IReadOnlyList<string> deviations) => new(TriageOutcome.Unresolved, null, null, false, deviations);
    }
}
