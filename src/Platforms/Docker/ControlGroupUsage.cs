using System.Globalization;
using Quorate.Platforms.Services;

namespace Quorate.Platforms.Docker;

/// <summary>
/// A container's counters from the control groups of this host, version 1 or 2 (cgroups(7)). The Engine tells the same, but
/// samples once a second, so whoever asks it for two samples waits for two of its ticks.
/// </summary>
internal static class ControlGroupUsage
{
    /// <summary>Null when the container runs on another host, or its groups cannot be read.</summary>
    public static ContainerStats? Read(ContainerInspection container, TimeProvider time)
    {
        string? Text(string controller, string file) =>
            ContainerProcesses.Group(container.State.Pid, container.Id, controller) is { } group ? ContainerProcesses.ReadText($"{group}/{file}") : null;

        var cpu = Number(Text("cpuacct", "cpuacct.usage")) ?? Field(Text("cpu", "cpu.stat"), "usage_usec") * 1_000;
        var memory = Number(Text("memory", "memory.usage_in_bytes") ?? Text("memory", "memory.current"));
        if (cpu is null || memory is null)
        {
            return null;
        }

        var detail = Text("memory", "memory.stat");
        return new ContainerStats
        {
            Read = time.GetUtcNow(),
            Cpu = new CpuStats(new CpuUsage(cpu.Value)),
            Memory = new MemoryStats
            {
                Usage = memory.Value,
                Detail = new Dictionary<string, ulong>(StringComparer.Ordinal) { ["inactive_file"] = Field(detail, "total_inactive_file") ?? Field(detail, "inactive_file") ?? 0 },
            },
            Pids = Number(Text("pids", "pids.current")) is { } count ? new PidsStats((long)count) : null,
        };
    }

    private static ulong? Number(string? text) => ulong.TryParse(text?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static ulong? Field(string? lines, string name) =>
        Number(lines?.Split('\n').FirstOrDefault(l => l.StartsWith(name + " ", StringComparison.Ordinal))?[(name.Length + 1)..]);
}
