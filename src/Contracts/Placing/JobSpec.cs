namespace Quorate.Contracts.Placing;

/// <summary>
/// A job as its file names it (docs/schemas/job.json). A job that fits no single node runs as equal tasks on the fewest
/// nodes of one pool that hold them.
/// </summary>
public sealed record JobSpec
{
    public const int MaxName = 64;
    public const int MaxNodes = 1024;

    /// <summary>Ten years, in seconds.</summary>
    public const long MaxWalltime = 315_360_000;

    public const int MaxPriority = 1_000_000;

    /// <summary>As <see cref="NameRule"/> says; unique among the jobs of a run.</summary>
    public required string Name { get; init; }

    /// <summary>At least 1.</summary>
    public required long CpuCores { get; init; }

    /// <summary>0 or more; kept to the next MiB.</summary>
    public decimal MemoryGb { get; init; }

    public long Gpus { get; init; }

    public long StorageGb { get; init; }

    /// <summary>Seconds the job may run at most; at least 1.</summary>
    public long WalltimeS { get; init; } = 3600;

    /// <summary>Larger first; -1,000,000 to 1,000,000.</summary>
    public int Priority { get; init; }

    /// <summary>Who submitted it; for fairness between users.</summary>
    public string? User { get; init; }

    /// <summary>What runs, for a real scheduler: a program and its arguments, never a shell line. Empty: sleeps for <see cref="RuntimeS"/>.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Seconds it really runs, for simulated execution; at most the walltime. Null: the whole walltime.</summary>
    public long? RuntimeS { get; init; }

    /// <summary>Seconds after the start of the run at which it is submitted.</summary>
    public long SubmitS { get; init; }

    /// <summary>Names of jobs that must have finished before it starts.</summary>
    public IReadOnlyList<string> DependsOn { get; init; } = [];

    /// <summary>Seconds it lasts when nothing fails: its walltime ends it at the latest.</summary>
    public long Lasts() => Math.Min(RuntimeS ?? WalltimeS, WalltimeS);

    public Resources Needs() => new(CpuCores, (long)decimal.Ceiling(MemoryGb * 1024), Gpus, StorageGb);
}
