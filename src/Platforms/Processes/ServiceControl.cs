using System.Runtime.InteropServices;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Processes;

/// <summary>Starts, stops, pauses and replaces one service at a time. Running processes carry the key of the effect that started them.</summary>
internal sealed class ServiceControl(Site site, ProcessFinder finder, ProcessStarter starter, ServiceLocks locks, DataFolders data, TimeProvider time)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    /// <summary>How long the kernel may take to end a killed process, or to stop a paused one.</summary>
    private static readonly TimeSpan KernelTime = TimeSpan.FromSeconds(5);
    private const int MaxStopRounds = 3;

    /// <summary>Between SIGTERM and SIGKILL.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>False when it already ran.</summary>
    public async Task<bool> StartAsync(string name, string effectKey, CancellationToken cancellationToken)
    {
        var service = Get(name);
        using var held = await locks.AcquireAsync(name, cancellationToken);
        var marked = finder.Find(name);
        if (marked.Root is not null)
        {
            return false;
        }

        await StopAllAsync(name, marked, cancellationToken);
        await LaunchAsync(service, service.Process!.Environment, effectKey, cancellationToken);
        return true;
    }

    /// <summary>Stops and starts with <paramref name="environment"/>; null keeps what the running one has.</summary>
    public async Task ReplaceAsync(string name, IReadOnlyDictionary<string, string>? environment, string effectKey, CancellationToken cancellationToken)
    {
        var service = Get(name);
        using var held = await locks.AcquireAsync(name, cancellationToken);
        var marked = finder.Find(name);
        if (marked.Root?.EffectKey == effectKey)
        {
            return;
        }

        environment ??= marked.Root is null ? service.Process!.Environment : Markers.Strip(marked.Root.Environment, service.Process);
        await StopAllAsync(name, marked, cancellationToken);
        await LaunchAsync(service, environment, effectKey, cancellationToken);
    }

    /// <summary>Stops everything that carries the service's markers; also for a service that the file no longer declares.</summary>
    public async Task StopAsync(string name, CancellationToken cancellationToken)
    {
        using var held = await locks.AcquireAsync(name, cancellationToken);
        await StopAllAsync(name, finder.Find(name), cancellationToken);
    }

    public Task PauseAsync(string name, CancellationToken cancellationToken) => SignalAsync(name, Native.SigStop, stopped: true, cancellationToken);

    public Task UnpauseAsync(string name, CancellationToken cancellationToken) => SignalAsync(name, Native.SigCont, stopped: false, cancellationToken);

    private ServiceSpec Get(string name) =>
        site.Find(name) ?? throw new PlatformException($"{name} is not a service of {site.Name}: {string.Join(", ", site.Services.Select(s => s.Name))}", retryable: false);

    private async Task LaunchAsync(ServiceSpec service, IReadOnlyDictionary<string, string> environment, string effectKey, CancellationToken cancellationToken)
    {
        data.PrepareForStart(service);
        data.RememberMounts(service);
        await starter.StartAsync(service, environment, effectKey, cancellationToken);
    }

    private async Task SignalAsync(string name, int signal, bool stopped, CancellationToken cancellationToken)
    {
        _ = Get(name);
        using var held = await locks.AcquireAsync(name, cancellationToken);
        var marked = finder.Find(name);
        if (marked.Root is not { } found)
        {
            throw new PlatformException($"{name} is not running, so it cannot be {(stopped ? "paused" : "unpaused")}", retryable: false);
        }

        Signal(name, found, Targets(marked), signal);
        var done = await WaitAsync(() => ProcFs.ReadStat(found.Root.Identity.Pid) is not { } stat || stat.IsStopped == stopped, KernelTime, cancellationToken);
        if (!done)
        {
            throw new PlatformException($"{name} (pid {found.Root.Identity.Pid}) did not {(stopped ? "stop" : "go on")} within {KernelTime.TotalSeconds:0} s", retryable: true);
        }
    }

    private async Task StopAllAsync(string name, MarkedProcesses marked, CancellationToken cancellationToken)
    {
        for (var round = 0; marked.All.Count > 0; round++)
        {
            if (round == MaxStopRounds)
            {
                throw new PlatformException($"{name}: process {marked.All[0].Identity.Pid} is still there after SIGKILL", retryable: true);
            }

            var targets = Targets(marked);
            bool Gone() => !targets.Any(t => ProcFs.IsAlive(t.Identity));
            if (round == 0)
            {
                // A stopped process gets the signal when it goes on.
                Signal(name, marked.Root, targets, Native.SigTerm);
                Signal(name, marked.Root, targets, Native.SigCont);
                await WaitAsync(Gone, StopGrace, cancellationToken);
            }

            if (!Gone())
            {
                Signal(name, marked.Root, targets, Native.SigKill);
                await WaitAsync(Gone, KernelTime, cancellationToken);
            }

            marked = finder.Find(name);
        }
    }

    private static List<ProcessStat> Targets(MarkedProcesses marked) => [.. marked.All.Concat(marked.Root?.Members ?? []).DistinctBy(t => t.Identity)];

    /// <summary>To the process group where the service leads one, and to each of its processes outside it.</summary>
    private static void Signal(string name, FoundService? found, List<ProcessStat> targets, int signal)
    {
        var group = found is not null && found.Root.Group == found.Root.Identity.Pid && ProcFs.IsAlive(found.Root.Identity) ? found.Root.Group : 0;
        var refused = group > 0 && Native.Kill(-group, signal) < 0 && Marshal.GetLastPInvokeError() == Native.Eperm;
        foreach (var target in targets.Where(t => t.Group != group && ProcFs.IsAlive(t.Identity)))
        {
            refused |= Native.Kill(target.Identity.Pid, signal) < 0 && Marshal.GetLastPInvokeError() == Native.Eperm;
        }

        if (refused)
        {
            throw new PlatformException($"{name}: its processes belong to another user and cannot be signalled; run as that user or as root", retryable: false);
        }
    }

    private async Task<bool> WaitAsync(Func<bool> condition, TimeSpan limit, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (!condition())
        {
            if (time.GetElapsedTime(started) > limit)
            {
                return false;
            }

            await Task.Delay(Poll, time, cancellationToken);
        }

        return true;
    }
}
