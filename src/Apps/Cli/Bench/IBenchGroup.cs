using Quorate.Transport.Clients;

namespace Quorate.Cli.Bench;

/// <summary>Totals of all replicas of a group at one moment.</summary>
/// <param name="CpuMs">CPU time of the replicas; with the clients in one process, of both.</param>
/// <param name="MemoryMb">Resident memory of the largest replica, MiB; in one process, its share.</param>
/// <param name="MemoryPeakMb">The most there ever was of it.</param>
/// <param name="Bytes">Sent by the replicas.</param>
/// <param name="Signed">Signatures made.</param>
/// <param name="Verified">Signatures verified.</param>
/// <param name="Applied">Requests applied by the replica that is furthest.</param>
/// <param name="Executed">Batches applied by it.</param>
internal sealed record GroupUsage(double CpuMs, double MemoryMb, double MemoryPeakMb, long Bytes, long Signed, long Verified, ulong Applied, ulong Executed);

/// <summary>A group to be measured.</summary>
internal interface IBenchGroup : IAsyncDisposable
{
    IReadOnlyList<ConsensusClient> Clients { get; }

    Task<GroupUsage> UsageAsync(CancellationToken token);

    /// <summary>Ends the leader at once, as a crash would.</summary>
    Task KillLeaderAsync(CancellationToken token);
}
