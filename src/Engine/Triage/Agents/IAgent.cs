using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;

namespace Quorate.Engine.Triage.Agents;

/// <summary>Does one kind of task. Several instances may run at once; an instance does one task at a time.</summary>
public interface IAgent
{
    /// <summary>One of <see cref="AgentNames"/>.</summary>
    string Name { get; }

    /// <summary>
    /// Carries the task out. What goes wrong on the site is a <see cref="TaskResult"/> with FAIL, not an exception;
    /// cancellation is neither. <paramref name="context"/> carries the idempotency key of the effect.
    /// </summary>
    Task<TaskResult> ExecuteAsync(PlanTask task, TaskContext context, CancellationToken cancellationToken);
}

/// <summary>What an agent is told beside the task. EffectKey: hash of the effect's first envelope.</summary>
public sealed record TaskContext(string IncidentId, string EffectKey, DateTimeOffset IntendedAt, int Attempt, DecisionTag DecisionTag);
