using System.Text.Json;
using Quorate.Contracts;

namespace Quorate.Cli.Agents;

/// <summary>A replica that was proved faulty.</summary>
internal sealed record ProvenFault(string Replica, string Kind);

/// <summary>What an agent says about itself.</summary>
internal sealed record AgentStatus
{
    public required string Id { get; init; }
    public required ulong View { get; init; }
    public required bool Active { get; init; }

    /// <summary>Sequence number of the last batch applied.</summary>
    public required ulong Executed { get; init; }
    public required ulong Stable { get; init; }

    /// <summary>Requests decided and applied.</summary>
    public required ulong Applied { get; init; }

    /// <summary>Hash of all of them in their order.</summary>
    public required string StateHash { get; init; }
    public required int Pending { get; init; }
    public required IReadOnlyList<string> Connected { get; init; }
    public required long Signed { get; init; }
    public required long Verified { get; init; }
    public required double CpuMs { get; init; }

    /// <summary>Resident memory, MiB.</summary>
    public required double MemoryMb { get; init; }

    /// <summary>The most there ever was.</summary>
    public required double MemoryPeakMb { get; init; }
    public required long BytesSent { get; init; }
    public required long BytesReceived { get; init; }
    public required long Dropped { get; init; }
    public required long RefusedConnections { get; init; }
    public required IReadOnlyList<ProvenFault> Faults { get; init; }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, QuorateJson.Options);

    public static AgentStatus? FromBytes(byte[] bytes)
    {
        try
        {
            return bytes.Length == 0 ? null : JsonSerializer.Deserialize<AgentStatus>(bytes, QuorateJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
