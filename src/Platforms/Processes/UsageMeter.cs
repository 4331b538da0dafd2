using System.Collections.Concurrent;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Processes;

/// <summary>
/// CPU, memory and threads of a service with everything it started, from <c>/proc</c>. A thread that never sleeps
/// counts as a whole core even when others keep it waiting for one: a hog stays one on a machine that is short of them.
/// </summary>
internal sealed class UsageMeter(ProcessFinder finder, TimeProvider time)
{
    private static readonly TimeSpan MinWindow = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxWindow = TimeSpan.FromSeconds(10);

    /// <summary>Share of the time that a thread which never sleeps runs or waits for a core; less than all, as the two are read one after the other.</summary>
    private const double Saturated = 0.8;

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
        var used = (ticks / (double)ProcFs.TicksPerSecond) + Withheld(before, now, seconds);
        return new ResourceUsage(seconds > 0 ? used / seconds : 0, now.MemoryBytes, now.Threads);
    }

    /// <summary>Seconds for which the threads that never slept waited for a core.</summary>
    private static double Withheld(Sample before, Sample now, double seconds) =>
        now.Schedule.Sum(thread =>
        {
            if (!before.Schedule.TryGetValue(thread.Key, out var earlier))
            {
                return 0;
            }

            var waited = (thread.Value.Waited - earlier.Waited).TotalSeconds;
            return (thread.Value.Ran - earlier.Ran).TotalSeconds + waited >= Saturated * seconds ? waited : 0;
        });

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
            stats.SelectMany(s => ProcFs.ReadThreads(s.Identity.Pid).Select(t => (s.Identity, t))).ToDictionary(x => (x.Identity, x.t.Thread), x => (x.t.Ran, x.t.Waited)),
            stats.Sum(s => s.ResidentPages) * Environment.SystemPageSize,
            stats.Sum(s => s.Threads));
    }

    private sealed record Sample(
        ProcessIdentity Root,
        long Timestamp,
        Dictionary<ProcessIdentity, long> Ticks,
        Dictionary<(ProcessIdentity Process, int Thread), (TimeSpan Ran, TimeSpan Waited)> Schedule,
        long MemoryBytes,
        int Threads);
}
