namespace Quorate.Contracts.Placing;

/// <summary>Where placed jobs really run. What a backend cannot be asked now is a value; what it is asked wrongly is an exception.</summary>
public interface IJobBackend
{
    /// <summary>
    /// Starts a job unless one with the same key is known already: then that one is meant. After <see cref="BackendAnswer{T}.Unreachable"/>
    /// it is not known whether the job was taken; asking again with the same key is safe.
    /// </summary>
    Task<BackendAnswer<Submission>> SubmitAsync(JobStart start, CancellationToken cancellationToken);

    /// <summary>Every job that carries this backend's mark and that it still remembers.</summary>
    Task<BackendAnswer<IReadOnlyList<BackendJob>>> ObserveAsync(CancellationToken cancellationToken);

    /// <summary>What is on record about a job that is not among those observed any more; null: nothing.</summary>
    /// <param name="job">As it was submitted.</param>
    /// <param name="id">The backend's name for it.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    Task<BackendAnswer<BackendJob?>> FindAsync(JobStart job, string id, CancellationToken cancellationToken);

    /// <summary>Ends a job, waiting or running. False: it is not known; true also when it had ended.</summary>
    Task<BackendAnswer<bool>> CancelAsync(string id, CancellationToken cancellationToken);

    /// <summary>The nodes of every pool, with their state.</summary>
    Task<BackendAnswer<IReadOnlyList<BackendNode>>> DescribeAsync(CancellationToken cancellationToken);
}

/// <summary>An answer, or why there is none now.</summary>
public sealed record BackendAnswer<T>(T? Value, string? Unreachable)
{
    public bool Reached => Unreachable is null;
}

/// <summary>A job with its nodes.</summary>
public sealed record JobStart
{
    public const int MaxKey = 128;

    /// <summary>Idempotency key: letters, digits, dot, underscore and hyphen; one for each start that is meant.</summary>
    public required string Key { get; init; }

    public required JobSpec Job { get; init; }

    /// <summary>The agent's name.</summary>
    public required string Pool { get; init; }

    /// <summary>1 to <see cref="JobSpec.MaxNodes"/>.</summary>
    public required int NodeCount { get; init; }

    /// <summary>Certain nodes by the backend's names, as many as <see cref="NodeCount"/>; empty: the backend chooses in the pool. A job bound to nodes waits for them when they fail.</summary>
    public IReadOnlyList<string> Nodes { get; init; } = [];

    /// <summary>What it takes on each node.</summary>
    public required Resources Share { get; init; }
}

/// <summary>What became of a submission.</summary>
/// <param name="Id">The backend's name for the job; null: it was refused.</param>
/// <param name="Refused">Why, in the backend's words.</param>
/// <param name="Known">The key was known already; nothing was submitted.</param>
public sealed record Submission(string? Id, string? Refused = null, bool Known = false);

public enum BackendJobState
{
    Pending,
    Running,
    Completed,
    Failed,
    Cancelled,

    /// <summary>Its walltime was over.</summary>
    TimedOut,

    /// <summary>A node was lost under it, and it was not started again.</summary>
    NodeFailed,
}

/// <summary>A job as the backend sees it.</summary>
public record BackendJob
{
    public required string Id { get; init; }
    public required string Key { get; init; }
    public required BackendJobState State { get; init; }

    /// <summary>Of an ended job; 128 and the signal's number when a signal ended it.</summary>
    public int? ExitCode { get; init; }

    public IReadOnlyList<string> Nodes { get; init; } = [];

    /// <summary>How often it was started again after a node was lost.</summary>
    public int Restarts { get; init; }

    /// <summary>Why it waits or failed, in the backend's words.</summary>
    public string? Reason { get; init; }

    public bool Ended => State is not (BackendJobState.Pending or BackendJobState.Running);
}

public enum BackendNodeState
{
    Idle,
    Allocated,

    /// <summary>Takes no more jobs; those on it go on.</summary>
    Drained,
    Down,
}

/// <summary>A node as the backend sees it.</summary>
public sealed record BackendNode(string Name, string Pool, BackendNodeState State, string? Reason = null);
