using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Cluster;

namespace Quorate.Engine.Place.Queueing;

/// <summary>A job that waits. Times are since the start of the run.</summary>
public sealed record QueuedJob
{
    public required string Name { get; init; }

    public required Resources Needs { get; init; }

    /// <summary>How long it may run; longer than it will, usually.</summary>
    public required TimeSpan Walltime { get; init; }

    public TimeSpan Submitted { get; init; }

    public int Priority { get; init; }

    /// <summary>It was placed and then lost with its node or agent: it comes before all that never started. Whoever requeues bounds how often.</summary>
    public bool Requeued { get; init; }

    /// <summary>Jobs that must have finished before.</summary>
    public IReadOnlyList<string> DependsOn { get; init; } = [];

    public static QueuedJob Of(JobSpec job, TimeSpan submitted) => new()
    {
        Name = job.Name,
        Needs = job.Needs(),
        Walltime = TimeSpan.FromSeconds(job.WalltimeS),
        Submitted = submitted,
        Priority = job.Priority,
        DependsOn = job.DependsOn,
    };
}

/// <summary>In which order jobs start.</summary>
public enum QueuePolicy
{
    /// <summary>First come, first served, strictly: who does not fit holds up all behind.</summary>
    Fifo,

    /// <summary>EASY backfill (Lifka 1995; Mu'alem and Feitelson 2001): jobs behind one that does not fit may start if they do not delay it, first come first.</summary>
    Easy,

    /// <summary>
    /// By priority with ageing, and backfill as EASY's but in the order of WFP3 (Tang, Lan, Desai and Buettner 2009): (wait / walltime)³ ×
    /// cores, the largest first, so that short jobs go early and long ones are not forgotten. The reservation of the first in order keeps
    /// anybody from starving.
    /// </summary>
    Ours,
}

/// <summary>A proposal: the job could start now, there.</summary>
/// <param name="Job">Who.</param>
/// <param name="Placement">Where.</param>
/// <param name="Backfilled">It goes before one that came first, without delaying it.</param>
public sealed record Start(QueuedJob Job, Placement Placement, bool Backfilled);

public enum WaitKind
{
    /// <summary>For jobs that it depends on.</summary>
    Dependencies,

    /// <summary>It is the next in order, and for it nodes are kept.</summary>
    Reserved,

    /// <summary>It fits nowhere now.</summary>
    NoRoom,

    /// <summary>It fits, but others come first.</summary>
    Behind,
}

/// <summary>Why a job waits.</summary>
/// <param name="Job">Who.</param>
/// <param name="Kind">What for.</param>
/// <param name="Reason">The same for people.</param>
/// <param name="StartsBy">When it starts at the latest if nothing fails and nobody overruns; known for the reserved one.</param>
public sealed record Waiting(string Job, WaitKind Kind, string Reason, TimeSpan? StartsBy = null);
