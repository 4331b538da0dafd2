using System.Text.Json;
using Quorate.Platforms.Docker;

namespace Quorate.Tests.Unit.Docker;

public class ContainerStatsTests
{
    [Fact]
    public void Between_TwoCgroupV1Samples_GivesCoresAndMemoryWithoutCache()
    {
        var first = Sample("2026-03-01T10:00:00.000000000Z", 1_000_000_000, """{"usage":9000000,"stats":{"total_inactive_file":4000000,"inactive_file":1}}""");
        var second = Sample("2026-03-01T10:00:00.200000000Z", 1_300_000_000, """{"usage":9000000,"stats":{"total_inactive_file":4000000,"inactive_file":1}}""");

        var usage = ContainerStats.Between(first, second);

        Assert.Equal(1.5, usage.CpuLoad, 6);
        Assert.Equal(5_000_000, usage.MemoryBytes);
        Assert.Equal(7, usage.Threads);
    }

    [Fact]
    public void Between_CgroupV2Sample_TakesInactiveFile()
    {
        var sample = Sample("2026-03-01T10:00:01Z", 5, """{"usage":500,"stats":{"anon":100,"inactive_file":200}}""");

        Assert.Equal(300, ContainerStats.Between(sample with { Read = sample.Read.AddSeconds(-1) }, sample).MemoryBytes);
    }

    [Fact]
    public void Between_SampleThatHoldsItsEarlierOne_UsesThat()
    {
        var sample = Sample("2026-03-01T10:00:02Z", 3_000_000_000, "{}", preRead: "2026-03-01T10:00:01Z", preTotal: 2_500_000_000);

        Assert.True(sample.HasEarlier);
        Assert.Equal(0.5, ContainerStats.Between(sample, sample).CpuLoad, 6);
    }

    [Fact]
    public void Between_RestartedBetweenSamples_IsZeroNotNegative()
    {
        var first = Sample("2026-03-01T10:00:00Z", 9_000_000_000, "{}");
        var second = Sample("2026-03-01T10:00:01Z", 1_000, "{}");

        Assert.Equal(0, ContainerStats.Between(first, second).CpuLoad);
    }

    [Fact]
    public void Between_StoppedContainersEmptySample_IsZero()
    {
        var empty = JsonSerializer.Deserialize<ContainerStats>("""{"read":"0001-01-01T00:00:00Z","preread":"0001-01-01T00:00:00Z","memory_stats":{},"pids_stats":{}}""")!;

        Assert.False(empty.HasEarlier);
        Assert.Equal(new(0, 0, 0), ContainerStats.Between(empty, empty));
    }

    private static ContainerStats Sample(string read, ulong total, string memory, string preRead = "0001-01-01T00:00:00Z", ulong preTotal = 0) =>
        JsonSerializer.Deserialize<ContainerStats>($$"""
            {"read":"{{read}}","preread":"{{preRead}}","pids_stats":{"current":7},"memory_stats":{{memory}},
             "cpu_stats":{"cpu_usage":{"total_usage":{{total}}},"system_cpu_usage":1,"online_cpus":2},
             "precpu_stats":{"cpu_usage":{"total_usage":{{preTotal}} } } }
            """)!;
}
