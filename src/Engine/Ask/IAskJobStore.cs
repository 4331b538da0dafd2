using Quorate.Contracts.Asking;

namespace Quorate.Engine.Ask;

/// <summary>queued → running → done, failed or cancelled; running goes back to queued when its server stops.</summary>
public enum AskJobState
{
    Queued,
    Running,
    Done,
    Failed,
    Cancelled,
}

/// <param name="Code">Stable, snake_case.</param>
/// <param name="Message">For a person; no stack trace.</param>
public sealed record AskJobError(string Code, string Message);

/// <summary>A user's question on its way.</summary>
public sealed record AskJob
{
    public required string JobId { get; init; }
    public required long UserId { get; init; }
    public required AskRequest Request { get; init; }
    public required AskJobState State { get; init; }

    /// <summary>The engine's stage while running, else the state's name.</summary>
    public required string Stage { get; init; }

    /// <summary>0–100.</summary>
    public required int Progress { get; init; }
    public AskJobError? Error { get; init; }

    /// <summary>How many servers have begun it and neither ended it nor handed it back.</summary>
    public required int Attempts { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }

    public bool Ended => State is AskJobState.Done or AskJobState.Failed or AskJobState.Cancelled;
}

/// <param name="Job">The question.</param>
/// <param name="Score">0–100; null unless done.</param>
/// <param name="Responses">By member, in the panel's order; empty unless done.</param>
public sealed record HistoryEntry(AskJob Job, double? Score, IReadOnlyList<HistoryResponse> Responses);

public sealed record HistoryResponse(string AgentId, string? Role, string Response, bool IsAggregator);

/// <param name="Queued">Waiting for a server.</param>
/// <param name="Running">Held by one.</param>
public sealed record AskJobCounts(int Queued, int Running);

/// <summary>
/// Questions, their progress and their results. A running job is held under a lease; every write of a server names the job's owner and does
/// nothing when that is another by now. Thread-safe; several processes may share it.
/// </summary>
public interface IAskJobStore
{
    /// <summary>
    /// Queues a question; false when <paramref name="maxQueued"/> wait already. Of the user's ended jobs the oldest beyond
    /// <paramref name="maxHistory"/> go.
    /// </summary>
    Task<bool> SubmitAsync(string jobId, long userId, AskRequest request, int maxQueued, int maxHistory, CancellationToken cancellationToken);

    /// <summary>Null when there is none or it is another user's.</summary>
    Task<AskJob?> FindAsync(string jobId, long userId, CancellationToken cancellationToken);

    /// <summary>Null unless it is this user's and done.</summary>
    Task<AskResult?> ReadResultAsync(string jobId, long userId, CancellationToken cancellationToken);

    /// <summary>The newest first. Begins behind the job <paramref name="before"/> when that is given.</summary>
    Task<IReadOnlyList<HistoryEntry>> ReadHistoryAsync(long userId, int limit, string? before, CancellationToken cancellationToken);

    /// <summary>Removes the job with all that belongs to it, running or not; false when the user has no such job.</summary>
    Task<bool> DeleteAsync(string jobId, long userId, CancellationToken cancellationToken);

    /// <summary>Ends a job that waits or runs; false when it had ended or the user has none such.</summary>
    Task<bool> CancelAsync(string jobId, long userId, CancellationToken cancellationToken);

    /// <summary>The next job to run: one that waits, or one whose owner let its lease run out; users with fewer running jobs go first.</summary>
    /// <param name="owner">Names this run of the job, so a new one for each claim.</param>
    /// <param name="lease">How long the claim holds unless it is renewed.</param>
    /// <param name="cancellationToken">Stops the waiting for the store.</param>
    Task<AskJob?> ClaimAsync(string owner, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Renews the lease and notes how far it is; false when the owner does not hold the job any more.</summary>
    Task<bool> RenewAsync(string jobId, string owner, TimeSpan lease, string stage, int progress, CancellationToken cancellationToken);

    /// <summary>False when the owner does not hold the job any more; nothing is written then.</summary>
    Task<bool> CompleteAsync(string owner, AskResult result, CancellationToken cancellationToken);

    /// <summary>False when the owner does not hold the job any more.</summary>
    Task<bool> FailAsync(string jobId, string owner, AskJobError error, CancellationToken cancellationToken);

    /// <summary>Hands a job back to the queue; the attempt does not count.</summary>
    Task ReleaseAsync(string jobId, string owner, CancellationToken cancellationToken);

    /// <summary>Drops what members answered to questions that ended, or that nobody worked on for a week.</summary>
    Task PruneAsync(CancellationToken cancellationToken);

    Task<AskJobCounts> CountAsync(CancellationToken cancellationToken);
}
