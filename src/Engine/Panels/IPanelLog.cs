using Quorate.Protocol.Consensus;

namespace Quorate.Engine.Panels;

/// <summary>What the replicas of a panel must not forget, so that no process ever makes them contradict an earlier one.</summary>
public interface IPanelLogStore
{
    /// <summary>Waits until no other process uses the log.</summary>
    /// <exception cref="Contracts.QuorateException">Missing: the log cannot be used, or is damaged.</exception>
    Task<IPanelLog> OpenAsync(CancellationToken cancellationToken);
}

/// <summary>The log while this process alone has it. Not thread-safe.</summary>
public interface IPanelLog : IAsyncDisposable
{
    /// <summary>Everything kept, in its order.</summary>
    IReadOnlyList<PanelEntry> Entries { get; }

    /// <summary>Completes when the entries are durable.</summary>
    Task AppendAsync(IReadOnlyList<PanelEntry> entries, CancellationToken cancellationToken);

    /// <summary>Puts these in the place of everything kept when that has become long.</summary>
    Task CompactAsync(Func<IReadOnlyList<PanelEntry>> entries, CancellationToken cancellationToken);
}

/// <summary>A record of a replica; Replica −1 and no record: the client's last number.</summary>
public sealed record PanelEntry(int Replica, DurableRecord? Record, ulong LastAsked);
