using System.Text.Json.Serialization;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Docker;

/// <summary>The used parts of <c>GET /containers/{id}/stats</c>. CPU times are nanoseconds on cgroup v1 and v2 alike.</summary>
internal sealed record ContainerStats
{
    [JsonPropertyName("read")]
    public DateTimeOffset Read { get; init; }

    [JsonPropertyName("preread")]
    public DateTimeOffset PreRead { get; init; }

    [JsonPropertyName("cpu_stats")]
    public CpuStats? Cpu { get; init; }

    [JsonPropertyName("precpu_stats")]
    public CpuStats? PreCpu { get; init; }

    [JsonPropertyName("memory_stats")]
    public MemoryStats? Memory { get; init; }

    [JsonPropertyName("pids_stats")]
    public PidsStats? Pids { get; init; }

    /// <summary>The Engine took two samples itself (API before 1.41 knows no one-shot).</summary>
    public bool HasEarlier => PreCpu is not null && PreRead > DateTimeOffset.UnixEpoch && Read > PreRead;

    /// <summary>Usage between two samples; the same sample twice means the one the Engine took earlier.</summary>
    public static ResourceUsage Between(ContainerStats first, ContainerStats second)
    {
        var (from, fromNs) = ReferenceEquals(first, second)
            ? (second.PreRead, second.PreCpu?.TotalNs ?? 0)
            : (first.Read, first.Cpu?.TotalNs ?? 0);
        var wallNs = (second.Read - from).TotalNanoseconds;
        var usedNs = (second.Cpu?.TotalNs ?? 0) - fromNs;
        // The counter starts again at zero when the container was restarted between the samples.
        var load = wallNs > 0 && usedNs > 0 ? usedNs / wallNs : 0;
        return new ResourceUsage(load, second.Memory?.WithoutCache ?? 0, (int)Math.Min(int.MaxValue, second.Pids?.Current ?? 0));
    }
}

internal sealed record CpuStats([property: JsonPropertyName("cpu_usage")] CpuUsage? Usage)
{
    public double TotalNs => Usage?.TotalUsage ?? 0;
}

internal sealed record CpuUsage([property: JsonPropertyName("total_usage")] ulong TotalUsage);

internal sealed record PidsStats([property: JsonPropertyName("current")] long Current);

internal sealed record MemoryStats
{
    [JsonPropertyName("usage")]
    public ulong Usage { get; init; }

    [JsonPropertyName("stats")]
    public Dictionary<string, ulong>? Detail { get; init; }

    /// <summary>As the docker command shows it: less the inactive file cache (<c>total_inactive_file</c> on v1, <c>inactive_file</c> on v2).</summary>
    public long WithoutCache
    {
        get
        {
            var cache = Detail is null ? 0
                : Detail.TryGetValue("total_inactive_file", out var v1) ? v1
                : Detail.GetValueOrDefault("inactive_file");
            return (long)Math.Min(long.MaxValue, cache < Usage ? Usage - cache : Usage);
        }
    }
}
