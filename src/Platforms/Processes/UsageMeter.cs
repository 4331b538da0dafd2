using System.Collections.Concurrent;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Processes;

/// <summary>CPU, memory and threads of a service with everything it started, from <c>/proc/PID/stat</c>.</summary>
internal sealed class UsageMeter(ProcessFinder finder, TimeProvider time)
{
    private static readonly TimeSpan MinWindow = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxWindow = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<string, Sample> _last = new();

    /// <summary>CPU since the last reading when that is recent, else over 200 ms; null when the service does not run.</summary>
    public async Task<ResourceUsage?> ReadAsync(string service, CancellationToken cancellationToken)
    {
        if (Take(service) is not { } now)
        {
            return null;
        }

        var before = _last.GetValueOrDefault(service);
        var age = before is null ? TimeSpan.MaxValue : time.GetElapsedTime(before.Timestamp, now.Timestamp);
        if (before is null || before.Root != now.Root || age < MinWindow || age > MaxWindow)
        {
            before = now;
            await Task.Delay(MinWindow, time, cancellationToken);
            if (Take(service) is not { } later || later.Root != now.Root)
            {
                return null;
            }

            now = later;
        }

        _last[service] = now;
        var seconds = time.GetElapsedTime(before.Timestamp, now.Timestamp).TotalSeconds;
        // Only processes in both samples count: one that ended would make the sum go down.
        var ticks = now.Ticks.Sum(t => Math.Max(0, t.Value - before.Ticks.GetValueOrDefault(t.Key)));
        return new ResourceUsage(seconds > 0 ? ticks / (double)ProcFs.TicksPerSecond / seconds : 0, now.MemoryBytes, now.Threads);
    }

    private Sample? Take(string service)
    {
        if (finder.Find(service).Root is not { } found)
        {
            return null;
        }

        var stats = found.Members.Select(m => ProcFs.ReadStat(m.Identity.Pid)).OfType<ProcessStat>().ToList();
        return new Sample(
            found.Root.Identity,
            time.GetTimestamp(),
            stats.ToDictionary(s => s.Identity, s => s.CpuTicks),
            stats.Sum(s => s.ResidentPages) * Environment.SystemPageSize,
            stats.Sum(s => s.Threads));
    }

    private sealed record Sample(ProcessIdentity Root, long Timestamp, Dictionary<ProcessIdentity, long> Ticks, long MemoryBytes, int Threads);
}
