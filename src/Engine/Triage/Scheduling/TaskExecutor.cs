using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Approval;
using Quorate.Engine.Triage.Agents;
using Quorate.Protocol.Provenance;

namespace Quorate.Engine.Triage.Scheduling;

/// <summary>
/// The agent's side of a dispatch: nothing is done for an envelope that is altered, replayed, expired or otherwise not
/// in order, nor for an action that the panel did not approve; the refusal goes to the ledger.
/// </summary>
/// <param name="verifier">Checks envelopes.</param>
/// <param name="time">The clock that envelopes are checked by.</param>
/// <param name="approvals">Checks the certificates of actions; null: approval is switched off.</param>
public sealed class TaskExecutor(EnvelopeVerifier verifier, TimeProvider time, ApprovalVerifier? approvals = null)
{
    private const string Unapproved = "unapproved";

    /// <summary>What goes wrong in the agent is a FAIL; only cancellation and a ledger that cannot be written get through.</summary>
    public async Task<TaskResult> ExecuteAsync(IAgent agent, Envelope envelope, string envelopeHash, IncidentJournal journal, CancellationToken cancellationToken)
    {
        var verdict = verifier.Verify(envelope, time.GetUtcNow());
        if (verdict != EnvelopeVerdict.Valid)
        {
            var word = QuorateJson.NameOf(verdict);
            await journal.AppendAsync(new EnvelopeRefused(envelope.Body?.Task?.TaskId ?? "", envelopeHash, word), envelope.Body?.DecisionTag, cancellationToken);
            return ResultKeys.Refuse($"the envelope was refused: {word}", ("verdict", word));
        }

        var body = envelope.Body;
        if (!TaskCatalog.Types.TryGetValue(body.Task.Type, out var type) || type.Agent != agent.Name)
        {
            return ResultKeys.Refuse($"{agent.Name} does not do tasks of type {body.Task.Type}");
        }

        if (type.ChangesWorld && approvals?.FindProblem(body.Certificate, ApprovalAction.Of(body)) is { } problem)
        {
            await journal.AppendAsync(new EnvelopeRefused(body.Task.TaskId, envelopeHash, Unapproved, problem), body.DecisionTag, cancellationToken);
            return ResultKeys.Refuse($"the action was refused: {problem}", ("verdict", Unapproved));
        }

        var context = new TaskContext(body.IncidentId, body.IdempotencyKey ?? envelopeHash, body.IntendedAt, body.Attempt, body.DecisionTag);
        try
        {
            return await agent.ExecuteAsync(body.Task, context, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return TaskResult.Fail($"{agent.Name} failed: {e.Message}", ("error", e.GetType().Name));
        }
    }
}
