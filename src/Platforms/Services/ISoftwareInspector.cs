using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Services;

/// <summary>Knows one kind of software: how to ask it, and how to put a value of it back.</summary>
internal interface ISoftwareInspector
{
    string Kind { get; }

    /// <summary>Adds what the service says; also says which areas it has read.</summary>
    /// <exception cref="PlatformException">It refused, or does not answer.</exception>
    Task ReadAsync(Inspection inspection, CancellationToken cancellationToken);

    bool CanRestore(ConfigurationDifference difference, IReadOnlyList<ConfigurationDifference> all);

    /// <summary>Null when there is no safe inverse.</summary>
    Task<ConfigurationRestored?> RestoreAsync(ConfigurationDifference difference, IReadOnlyList<ConfigurationDifference> all, CancellationToken cancellationToken);

    /// <summary>Null when it has no sessions that can be ended.</summary>
    Task<string?> EndSessionsAsync(CancellationToken cancellationToken) => Task.FromResult<string?>(null);
}
