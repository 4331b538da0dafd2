namespace Quorate.Contracts.Sites;

/// <summary>
/// Where a site runs. Every change takes the idempotency key of the effect it belongs to, and is written so that
/// calling it again after a crash finishes the effect instead of repeating it. Thread-safe.
/// </summary>
/// <remarks>
/// Throws <see cref="QuorateException"/> with <see cref="ErrorKind.Missing"/> when the platform itself cannot be reached,
/// and <see cref="PlatformException"/> when it refuses an operation.
/// </remarks>
public interface IPlatform
{
    /// <summary><c>process</c> or <c>docker</c>.</summary>
    string Name { get; }

    /// <summary>Starts what is declared and not running, in dependency order. A site that is up is left as it is.</summary>
    Task UpAsync(IProgress<string>? progress, CancellationToken cancellationToken);

    /// <summary>Stops and removes everything of the site, and nothing else.</summary>
    Task DownAsync(IProgress<string>? progress, CancellationToken cancellationToken);

    /// <summary>After <see cref="DownAsync"/>: removes the site's named volumes with all data in them. Nothing where a platform has none.</summary>
    Task RemoveVolumesAsync(IProgress<string>? progress, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>One observation per declared service, in the file's order.</summary>
    Task<IReadOnlyList<ServiceObservation>> ObserveAsync(CancellationToken cancellationToken);

    Task StartAsync(string service, string effectKey, CancellationToken cancellationToken);

    Task StopAsync(string service, CancellationToken cancellationToken);

    /// <summary>
    /// Stops and starts. Does nothing when the observation shows that the effect <paramref name="effectKey"/>,
    /// intended at <paramref name="intendedAt"/>, has already happened; finishes it when only the stop has.
    /// </summary>
    Task RestartAsync(string service, string effectKey, DateTimeOffset intendedAt, CancellationToken cancellationToken);

    Task PauseAsync(string service, CancellationToken cancellationToken);

    Task UnpauseAsync(string service, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces the running service by one as declared. <paramref name="environment"/> null means the declared one;
    /// otherwise exactly these values (an undo). Data is kept.
    /// </summary>
    Task RecreateAsync(string service, IReadOnlyDictionary<string, string>? environment, string effectKey, DateTimeOffset intendedAt, CancellationToken cancellationToken);

    Task ScaleAsync(string service, int replicas, string effectKey, CancellationToken cancellationToken);

    /// <summary>
    /// Makes the declared data folders writable again without deleting anything. Returns a token with which
    /// <see cref="UndoDataRepairAsync"/> puts the former state back; null when nothing had to be done.
    /// </summary>
    Task<string?> RepairDataAsync(string service, string effectKey, CancellationToken cancellationToken);

    Task UndoDataRepairAsync(string service, string token, CancellationToken cancellationToken);

    Task<IReadOnlyList<LogLine>> ReadLogsAsync(string service, LogQuery query, CancellationToken cancellationToken);

    /// <summary>Null when the service is not running.</summary>
    Task<ResourceUsage?> ReadUsageAsync(string service, CancellationToken cancellationToken);

    /// <summary>Runs a program inside the service's surroundings, without a shell.</summary>
    Task<ExecOutcome> ExecAsync(string service, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken);
}

/// <summary>A platform refused or failed one operation; the message says which and why.</summary>
public sealed class PlatformException(string message, bool retryable, Exception? inner = null) : Exception(message, inner)
{
    public bool Retryable { get; } = retryable;
}
