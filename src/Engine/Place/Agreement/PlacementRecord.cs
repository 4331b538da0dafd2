using System.Text.Json;
using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Provenance;

namespace Quorate.Engine.Place.Agreement;

/// <summary>
/// One round's question to the agents: what ended, who leaves or comes back, and where the next jobs are to run. Canonical
/// (RFC 8785) and bounded. It names the state that it follows, so that whoever holds all records of a run can do it again.
/// </summary>
public sealed record PlacementRecord
{
    public const string Form = "quorate/placement/v1";

    /// <summary>Jobs proposed in one round.</summary>
    public const int MaxProposals = 64;

    /// <summary>Jobs whose end one round tells.</summary>
    public const int MaxReleases = 512;

    /// <summary>Nodes that one round takes from use or gives back.</summary>
    public const int MaxNodeChanges = 64;

    /// <summary>Characters of a node's name at the backend.</summary>
    public const int MaxNodeName = 128;

    public required string Kind { get; init; }

    public required string Run { get; init; }

    public required long Round { get; init; }

    /// <summary>The cluster's time of the round, in milliseconds since the start of the run.</summary>
    public required long AtMs { get; init; }

    /// <summary>The chain over all earlier rounds: <see cref="PlacementState.Chain"/>.</summary>
    public required string State { get; init; }

    /// <summary>Agents whose votes do not count, by name, in order.</summary>
    public required IReadOnlyList<string> Quarantined { get; init; }

    /// <summary>Jobs that hold nothing any more, in order.</summary>
    public required IReadOnlyList<string> Releases { get; init; }

    /// <summary>Nodes that the backend has taken from use or given back, told like <see cref="Releases"/>; null: none. A round that tells of any proposes nothing.</summary>
    public IReadOnlyList<NodeChange>? Nodes { get; init; }

    public required IReadOnlyList<MembershipChange> Changes { get; init; }

    public required IReadOnlyList<Proposal> Proposals { get; init; }

    public byte[] ToBytes() => CanonicalJson.ToBytes(QuorateJson.ToElement(this));

    /// <summary>Null for bytes that are no canonical record; never throws.</summary>
    public static PlacementRecord? TryParse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > ConsensusLimits.PayloadBytes)
        {
            return null;
        }

        try
        {
            var record = JsonSerializer.Deserialize<PlacementRecord>(bytes, QuorateJson.Options);
            return record is not null && record.IsWhole() && record.ToBytes().AsSpan().SequenceEqual(bytes) ? record : null;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            return null;
        }
    }

    // JSON can hold null where the type says otherwise.
    private bool IsWhole() =>
        this is { Kind: Form, Run: not null, State: not null, Quarantined: not null, Releases: not null, Changes: not null, Proposals: not null }
        && Releases.Count <= MaxReleases && Proposals.Count <= MaxProposals && Changes.Count <= Membership.MaxReplicas
        && Quarantined.Concat(Releases).Concat(Proposals.SelectMany(p => p?.After ?? [])).All(n => n is not null)
        && Nodes is null or { Count: > 0 and <= MaxNodeChanges } && (Nodes is null || (Proposals.Count == 0 && Nodes.All(n => n is { Agent: not null, Name.Length: > 0 and <= MaxNodeName })))
        && Changes.All(c => c is { Agent: not null, Change: not null, Reason: not null })
        && Proposals.All(p => p is { Job: not null, Needs: not null, Agent: not null, Nodes.Count: > 0 and <= JobSpec.MaxNodes, After: not null });
}

/// <summary>Where one job is to run.</summary>
public sealed record Proposal
{
    /// <summary>Name of the job.</summary>
    public required string Job { get; init; }

    public required ProposedNeeds Needs { get; init; }

    public required int Priority { get; init; }

    public required long WalltimeS { get; init; }

    /// <summary>Whose pool.</summary>
    public required string Agent { get; init; }

    /// <summary>Numbers of the pool's nodes, ascending; each holds an equal share.</summary>
    public required IReadOnlyList<int> Nodes { get; init; }

    /// <summary>Pools that were proposed before and refused.</summary>
    public required IReadOnlyList<string> After { get; init; }

    /// <summary>What chose the pool when it was not the fit alone: <c>backfill</c>, or <c>auction</c> or <c>hierarchy</c> and the hash of its record, which voters compare with it: <see cref="CertifiedChoices"/>.</summary>
    public string? Basis { get; init; }

    internal Resources Share() => Needs.Amounts().Share(Nodes.Count);
}

/// <summary>What a job takes, on the wire.</summary>
public sealed record ProposedNeeds(long CpuCores, long MemoryMb, long Gpus, long StorageGb)
{
    public Resources Amounts() => new(CpuCores, MemoryMb, Gpus, StorageGb);

    public static ProposedNeeds Of(Resources needs) => new(needs.CpuCores, needs.MemoryMb, needs.Gpus, needs.StorageGb);
}

/// <summary>A node that takes no more jobs, what runs there goes on; or that is back.</summary>
/// <param name="Agent">Whose pool.</param>
/// <param name="Node">Number of the pool's node that stands for it.</param>
/// <param name="Name">The backend's name for it.</param>
/// <param name="IsUp">It is back.</param>
public sealed record NodeChange(string Agent, int Node, string Name, bool IsUp);

/// <summary>An agent's pool, or its vote, taken out or brought back.</summary>
/// <param name="Agent">Whom it is about.</param>
/// <param name="Change">One of <see cref="MembershipChanges"/>.</param>
/// <param name="Reason">For people.</param>
public sealed record MembershipChange(string Agent, string Change, string Reason);

public static class MembershipChanges
{
    /// <summary>Nothing is heard from it: its pool takes no jobs, and those on it are lost.</summary>
    public const string Withdraw = "withdraw";

    /// <summary>It answers again.</summary>
    public const string Restore = "restore";

    /// <summary>Its signatures convict it: its votes do not count. Its pool stays in use.</summary>
    public const string Quarantine = "quarantine";

    /// <summary>It has told the truth for some rounds.</summary>
    public const string Readmit = "readmit";

    public static readonly IReadOnlyList<string> All = [Withdraw, Restore, Quarantine, Readmit];

    /// <summary>Rounds that an agent may miss before the others let it go.</summary>
    internal const int Patience = 2;

    /// <summary>Rounds in a row in which a convicted agent must have been seen to tell the truth before it counts again.</summary>
    internal const int Probation = 3;
}
