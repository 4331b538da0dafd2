using Quorate.Protocol.Consensus;
using Quorate.Transport.Clients;

namespace Quorate.Transport.InProcess;

/// <summary>A group of replicas inside one process.</summary>
public sealed record InProcessGroupOptions
{
    /// <summary>Name of the group, part of its directory's hash.</summary>
    public string Name { get; init; } = "panel";

    /// <summary>n, at least 3f+1.</summary>
    public int Replicas { get; init; } = 4;

    /// <summary>f.</summary>
    public int Faults { get; init; } = 1;

    public int Clients { get; init; } = 1;

    /// <summary>Null generates keys that exist in memory only; otherwise the caller keeps ownership, and they say n, f and the clients.</summary>
    public KeyPairs? Keys { get; init; }

    /// <summary>What may be decided, the same for all replicas.</summary>
    public required IProposalValidator Validator { get; init; }

    /// <summary>A fresh, empty application for a replica.</summary>
    public required Func<int, IReplicatedState> State { get; init; }

    /// <summary>A replica's opinion on a question; null gives none.</summary>
    public Func<int, Request, CancellationToken, ValueTask<byte[]?>>? Opinion { get; init; }

    /// <summary>Told by each replica of each batch it decided.</summary>
    public Action<int, Decision>? Decided { get; init; }

    /// <summary>Told by each replica that proves another faulty.</summary>
    public Action<int, Evidence>? FaultProven { get; init; }

    public ConsensusOptions Consensus { get; init; } = new();

    public ConsensusClientOptions Client { get; init; } = new();

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
