using System.Text.Json;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Triage.Agents;
using Quorate.Protocol.Provenance;

namespace Quorate.Engine.Triage.Scheduling;

/// <summary>
/// The agent's side of a dispatch: nothing is done for an envelope that is altered, replayed, expired or otherwise not
/// in order; the refusal goes to the ledger.
/// </summary>
public sealed class TaskExecutor(EnvelopeVerifier verifier, TimeProvider time)
{
    /// <summary>What goes wrong in the agent is a FAIL; only cancellation and a ledger that cannot be written get through.</summary>
    public async Task<TaskResult> ExecuteAsync(IAgent agent, Envelope envelope, string envelopeHash, IncidentJournal journal, CancellationToken cancellationToken)
    {
        var verdict = verifier.Verify(envelope, time.GetUtcNow());
        if (verdict != EnvelopeVerdict.Valid)
        {
            var word = JsonNamingPolicy.SnakeCaseLower.ConvertName(verdict.ToString());
            await journal.AppendAsync(new EnvelopeRefused(envelope.Body?.Task?.TaskId ?? "", envelopeHash, word), envelope.Body?.DecisionTag, cancellationToken);
            return ResultKeys.Refuse($"the envelope was refused: {word}", ("verdict", word));
        }

        var body = envelope.Body;
        if (!TaskCatalog.Types.TryGetValue(body.Task.Type, out var type) || type.Agent != agent.Name)
        {
            return ResultKeys.Refuse($"{agent.Name} does not do tasks of type {body.Task.Type}");
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
