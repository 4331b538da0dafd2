using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Triage.Agents;

namespace Quorate.Engine.Triage;

/// <summary>Takes back what a plan did when the site did not hold afterwards.</summary>
internal sealed class UndoStep(IncidentContext incident, ApprovalStep approval)
{
    /// <summary>Takes the plan's effects back, the newest first. An undo whose outcome is unknown is finished with its first key and time.</summary>
    public async Task TakeBackAsync(PlanRun plan, CancellationToken cancellationToken)
    {
        foreach (var (task, run) in plan.UndoableEffects.Where(e => e.Run.Undo?.Result is null))
        {
            var intent = run.Undo;
            if (intent is null)
            {
                intent = new Undo(plan.Plan.PlanVersion, task.TaskId, run.EffectKey!, run.Inverse, run.Result is { } result ? result.FindDataToken() : null, incident.Services.Time.GetUtcNow(), null);
                await incident.Journal.AppendAsync(intent, DecisionTag.Deterministic, cancellationToken);
            }

            var outcome = await approval.FindUndoProblemAsync(plan, task, intent, cancellationToken) is { } problem
                ? ResultKeys.Refuse($"{task.Type} of {task.Target} was not taken back: {problem}")
                : await incident.Clock.MeasureAsync(TriagePhase.Act, () => UndoAsync(task, intent, cancellationToken));
            await incident.Journal.AppendAsync(intent with { Result = outcome }, DecisionTag.Deterministic, CancellationToken.None);
            incident.Tell(new TriageEvent.Undone(incident.Clock.NowMs, task, outcome));
        }
    }

    private async Task<TaskResult> UndoAsync(PlanTask task, Undo undo, CancellationToken cancellationToken)
    {
        var timeout = incident.Options.Scheduler.ActionTimeout;
        using var deadline = new CancellationTokenSource(timeout, incident.Services.Time);
        await using var interruption = cancellationToken.Register(() => deadline.CancelAfter(incident.Options.Scheduler.CancelGrace));
        try
        {
            return await incident.Parts.Undoer.UndoAsync(task.Target, undo.Inverse, undo.DataToken, undo.UndoKey, undo.IntendedAt, deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return TaskResult.Fail($"Taking back {task.Type} of {task.Target} did not end within {timeout.TotalSeconds:0} s.");
        }
    }
}
