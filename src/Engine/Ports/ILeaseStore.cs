namespace Quorate.Engine.Ports;

/// <summary>Named locks with an end, so that one holder works on a resource and a dead one's work can be taken over. Thread-safe.</summary>
public interface ILeaseStore
{
    /// <summary>Takes or renews the lease; false when another owner holds it and it has not expired.</summary>
    Task<bool> TryAcquireAsync(string resource, string owner, TimeSpan duration, CancellationToken cancellationToken);

    /// <summary>The holder, or null when free or expired.</summary>
    Task<string?> FindOwnerAsync(string resource, CancellationToken cancellationToken);

    /// <summary>Frees the lease if <paramref name="owner"/> holds it (a dead owner's lease is freed in its name).</summary>
    Task ReleaseAsync(string resource, string owner, CancellationToken cancellationToken);
}
