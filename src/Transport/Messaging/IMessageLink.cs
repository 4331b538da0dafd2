using System.Runtime.InteropServices;
using Quorate.Contracts;
using Quorate.Protocol.Messaging;

namespace Quorate.Transport.Messaging;

public enum LinkState
{
    Connecting,

    /// <summary>Messages go out and come in.</summary>
    Up,

    /// <summary>Connected, but the other side takes nothing for now.</summary>
    Blocked,

    /// <summary>Not connected; it is tried again.</summary>
    Down,
}

/// <summary>How a link is, and why, for people; null when there is nothing to say.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct LinkStatus(LinkState State, string? Reason = null);

/// <summary>
/// What carries one agent's frames. It may lose, repeat and reorder them; it must not let anybody speak for another.
/// </summary>
public interface IMessageLink : IAsyncDisposable
{
    LinkStatus Status { get; }

    /// <summary>Brings frames to the receiver from now on. Called once.</summary>
    /// <exception cref="QuorateException">What cannot be put right by trying again.</exception>
    Task StartAsync(IFrameReceiver receiver, CancellationToken cancellationToken);

    /// <summary>Sends. Never blocks; what finds no room or no connection is dropped, and repeated when its time comes.</summary>
    void Send(MessageFrame frame);
}

/// <summary>Where a link brings its frames.</summary>
public interface IFrameReceiver
{
    /// <summary>Takes a frame from whom the link has authenticated. Waits for room.</summary>
    /// <param name="frame">Where it says it is from is proven.</param>
    /// <param name="handled">Called once what the frame brought is durable; null when nobody wants to know.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask ReceiveAsync(MessageFrame frame, Action? handled, CancellationToken cancellationToken);

    /// <summary>The link has another state.</summary>
    void LinkChanged();
}

/// <summary>Where an agent's outbox and marks are kept, so that they outlive the process.</summary>
public interface IMessageJournal
{
    /// <summary>What was durable last.</summary>
    /// <exception cref="QuorateException">The store_… codes.</exception>
    Task<MessengerState> LoadAsync(string agent, CancellationToken cancellationToken);

    /// <summary>Makes the durable part of the changes lasting, all of it or nothing. They stay as they are meanwhile.</summary>
    /// <exception cref="QuorateException">The store_… codes; nothing was kept.</exception>
    Task CommitAsync(string agent, MessengerChanges changes, CancellationToken cancellationToken);
}
