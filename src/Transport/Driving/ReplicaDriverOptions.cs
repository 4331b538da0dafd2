using Quorate.Protocol.Consensus;

namespace Quorate.Transport.Driving;

/// <summary>How a replica is run, and who is told what it finds. Delegates are called by one thread at a time and must return at once, but for <see cref="Opinion"/>.</summary>
public sealed record ReplicaDriverOptions
{
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where durable records go; null keeps them nowhere, and a restart begins empty.</summary>
    public IRecordLog? Log { get; init; }

    /// <summary>This replica's opinion on a question; null gives none. Called off the loop, several at once.</summary>
    public Func<Request, CancellationToken, ValueTask<byte[]?>>? Opinion { get; init; }

    /// <summary>Each batch decided, in order.</summary>
    public Action<Decision>? Decided { get; init; }

    /// <summary>The state up to a checkpoint came from others.</summary>
    public Action<CheckpointProof>? StateInstalled { get; init; }

    /// <summary>A replica was proved faulty.</summary>
    public Action<Evidence>? FaultProven { get; init; }

    /// <summary>Messages of one sender waiting for the loop; all clients together count as one sender. 16…1,000,000.</summary>
    public int Inbox { get; init; } = 8192;

    /// <summary>Bytes of such messages, 24 MiB (the largest message) or more.</summary>
    public long InboxBytes { get; init; } = 32 << 20;

    /// <summary>Threads that verify clients' signatures at once, the loop's own included; 1…64.</summary>
    public int Verifiers { get; init; } = 1;

    /// <summary>
    /// The thread that brings a message also handles it when no other does. Saves a thread switch for each message
    /// where that thread has nothing else to do and nothing here blocks; not with a log that waits for the disk.
    /// </summary>
    public bool RunsInline { get; init; }

    /// <summary>Decided items whose certificates can still be asked for; 0…1,000,000.</summary>
    public int KeptCertificates { get; init; } = 1024;
}
