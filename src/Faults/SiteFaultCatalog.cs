using Quorate.Contracts;
using Quorate.Faults.Sites;

namespace Quorate.Faults;

/// <summary>Every fault there is, in alphabetical order.</summary>
public static class SiteFaultCatalog
{
    public static IReadOnlyList<ISiteFault> All { get; } = new ISiteFault[]
    {
        new BadUpstreamFault(),
        new BandwidthFault(),
        new DnsBreakFault(),
        new LatencyFault(),
        new OnePercentFault(),
        new PartitionFault(),
        new BrokenConfFault(),
        new MemoryAlarmFault(),
        new PermissionRevokedFault(),
        new QueueDeletedFault(),
        new QueueFullFault(),
        new RateLimitFault(),
        new StalledConsumerFault(),
        AddressFault.DbConnDrift,
        new AuthChangedFault(),
        new BadSecretFault(),
        CachePoisonFault.List,
        CachePoisonFault.Text,
        new ConnExhaustionFault(),
        new CpuHogFault(),
        new CrashFault(),
        DataFault.Full,
        DataFault.ReadOnly,
        new DeadlockFault(),
        new DiskFullFault(),
        new FdExhaustionFault(),
        new HbaRejectFault(),
        new LockHolderFault(),
        new MaxmemoryFault(),
        new OomFault(),
        new PauseFault(),
        new RevokedGrantFault(),
        new SchemaDriftFault(),
        StopFault.Any,
        StopFault.Cache,
        StopFault.Db,
        StopFault.Queue,
        new TlsExpiredFault(),
        new UnwritableDirFault(),
    }.OrderBy(f => f.Name, StringComparer.Ordinal).ToList();

    /// <exception cref="QuorateException">There is none of that name.</exception>
    public static ISiteFault Find(string name) => All.FirstOrDefault(f => f.Name == name)
        ?? throw QuorateException.Input("unknown_fault", $"there is no fault '{name}'; there are {string.Join(", ", All.Select(f => f.Name))}");
}
