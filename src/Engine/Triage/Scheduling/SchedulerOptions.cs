using Quorate.Contracts.Plans;
using Quorate.Engine.Triage.Agents;
using Quorate.Engine.Triage.Monitoring;

namespace Quorate.Engine.Triage.Scheduling;

/// <summary>Limits of the scheduler; every default is what the guides promise.</summary>
public sealed record SchedulerOptions
{
    /// <summary>Tasks at once, 1 or more.</summary>
    public int MaxParallel { get; init; } = 8;

    /// <summary>Deadline of one dispatch of a task that only looks.</summary>
    public TimeSpan CheckTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Deadline of one dispatch of a task that changes the world.</summary>
    public TimeSpan ActionTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Dispatches after the first failed one.</summary>
    public int MaxRetries { get; init; } = 2;

    /// <summary>Wait before the first retry; it doubles for each further one, plus up to a fifth of jitter.</summary>
    public TimeSpan Backoff { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Dispatches of one task over all restarts of Quorate; then it counts as failed.</summary>
    public int MaxDispatches { get; init; } = 10;

    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A host without a beat for this long is hung.</summary>
    public TimeSpan HeartbeatTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a running effect may go on to finish after an interruption.</summary>
    public TimeSpan CancelGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an agent may take to give up after its deadline before its host is abandoned.</summary>
    public TimeSpan AbandonAfter { get; init; } = TimeSpan.FromSeconds(2);

    public TimeSpan TimeoutOf(PlanTask task) => task.Type switch
    {
        "verify" => task.Duration("window", VerifyRequest.DefaultWindow) + VerifyRequest.DefaultSettle + CheckTimeout,
        _ when TaskCatalog.ChangesWorld(task.Type) => ActionTimeout,
        _ => CheckTimeout,
    };
}
