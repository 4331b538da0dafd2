using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Processes;

/// <summary>
/// Runs a site's services as child processes, as their <c>x-quorate</c> says. The running processes are the state: they
/// are found again by markers in their environment, whoever started them and whatever became of this process. Linux only.
/// </summary>
public sealed class ProcessPlatform : IPlatform, IDisposable
{
    private readonly Site _site;
    private readonly DateTimeOffset _bootedAt;
    private readonly ProcessFinder _finder;
    private readonly ProcessStarter _starter;
    private readonly ServiceControl _control;
    private readonly ServiceLocks _locks;
    private readonly ServiceLogs _logs;
    private readonly DataFolders _data;
    private readonly DataRepair _repair;
    private readonly UsageMeter _usage;
    private readonly ProgramRunner _programs;
    private readonly Readiness _readiness;
    private readonly SiteRunner _runner;

    /// <param name="site">Every service must say in <c>x-quorate.command</c> how to run it without a container.</param>
    /// <param name="stateDirectory">For logs, locks and repairs; created when needed.</param>
    /// <param name="time">Clock for waits and for the time processes started.</param>
    /// <param name="stopGrace">From SIGTERM to SIGKILL; default 2 s.</param>
    /// <exception cref="QuorateException"><c>no_process_spec</c> with the services that cannot run as processes.</exception>
    public ProcessPlatform(Site site, string stateDirectory, TimeProvider time, TimeSpan? stopGrace = null)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw QuorateException.Missing("linux_needed", "services run as processes on Linux only", "Use the docker platform.");
        }

        var containersOnly = site.Services.Where(s => s.Process is null).Select(s => s.Name).ToList();
        if (containersOnly.Count > 0)
        {
            throw QuorateException.Input(
                "no_process_spec",
                $"{site.ComposeFile}: these services do not say how to run as processes: {string.Join(", ", containersOnly)}",
                "Give each x-quorate.command (a list: the program, then its arguments), or use the docker platform.");
        }

        _site = site;
        _bootedAt = time.GetUtcNow() - ProcFs.ReadUptime();
        var state = new StateFolder(stateDirectory);
        _finder = new ProcessFinder(site);
        _logs = new ServiceLogs(state);
        _data = new DataFolders(site, state);
        _repair = new DataRepair(state, _data);
        _locks = new ServiceLocks(state, time);
        _starter = new ProcessStarter(site, state, _logs, time);
        _control = new ServiceControl(site, _finder, _starter, _locks, _data, time) { StopGrace = stopGrace ?? TimeSpan.FromSeconds(2) };
        _usage = new UsageMeter(_finder, time);
        _programs = new ProgramRunner(time);
        _readiness = new Readiness(_starter, time);
        _runner = new SiteRunner(site, _control, _finder, _starter, _readiness, _logs, time);
    }

    public string Name => "process";

    public Task UpAsync(IProgress<string>? progress, CancellationToken cancellationToken) => _runner.UpAsync(progress, cancellationToken);

    /// <summary>Logs are kept.</summary>
    public async Task DownAsync(IProgress<string>? progress, CancellationToken cancellationToken)
    {
        await _runner.DownAsync(progress, cancellationToken);
        foreach (var service in _site.Services)
        {
            _data.Forget(service.Name);
        }
    }

    public Task<IReadOnlyList<ServiceObservation>> ObserveAsync(CancellationToken cancellationToken) => Task.Run<IReadOnlyList<ServiceObservation>>(
        () =>
        {
            var found = _finder.FindAll();
            return [.. _site.Services.Select(s => Observe(s, found.GetValueOrDefault(s.Name)?.Root))];
        },
        cancellationToken);

    public Task StartAsync(string service, string effectKey, CancellationToken cancellationToken) => _control.StartAsync(service, effectKey, cancellationToken);

    public Task StopAsync(string service, CancellationToken cancellationToken) => _control.StopAsync(Get(service).Name, cancellationToken);

    /// <summary>The environment stays as the running process has it; a service that is down starts as declared.</summary>
    public Task RestartAsync(string service, string effectKey, DateTimeOffset intendedAt, CancellationToken cancellationToken) =>
        _control.ReplaceAsync(service, null, effectKey, cancellationToken);

    public Task PauseAsync(string service, CancellationToken cancellationToken) => _control.PauseAsync(service, cancellationToken);

    public Task UnpauseAsync(string service, CancellationToken cancellationToken) => _control.UnpauseAsync(service, cancellationToken);

    public Task RecreateAsync(string service, IReadOnlyDictionary<string, string>? environment, string effectKey, DateTimeOffset intendedAt, CancellationToken cancellationToken) =>
        _control.ReplaceAsync(service, environment ?? Get(service).Process!.Environment, effectKey, cancellationToken);

    /// <summary>A process runs once: 1 starts a service that is down, any other number is refused.</summary>
    public Task ScaleAsync(string service, int replicas, string effectKey, CancellationToken cancellationToken) => replicas == 1
        ? _control.StartAsync(service, effectKey, cancellationToken)
        : throw new PlatformException($"{service}: replicas = {replicas}: a service that runs as a process has exactly 1", retryable: false);

    public async Task<string?> RepairDataAsync(string service, string effectKey, CancellationToken cancellationToken)
    {
        var spec = Get(service);
        using var held = await _locks.AcquireAsync(service, cancellationToken);
        return await Task.Run(() => _repair.Repair(spec, effectKey), cancellationToken);
    }

    public async Task UndoDataRepairAsync(string service, string token, CancellationToken cancellationToken)
    {
        var spec = Get(service);
        using var held = await _locks.AcquireAsync(service, cancellationToken);
        await Task.Run(() => _repair.Undo(spec, token), cancellationToken);
    }

    public Task<IReadOnlyList<LogLine>> ReadLogsAsync(string service, LogQuery query, CancellationToken cancellationToken) =>
        Task.Run(() => _logs.Read(Get(service).Name, query), cancellationToken);

    public Task<ResourceUsage?> ReadUsageAsync(string service, CancellationToken cancellationToken) =>
        _usage.ReadAsync(Get(service).Name, cancellationToken);

    public Task<ExecOutcome> ExecAsync(string service, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var spec = Get(service).Process!;
        var environment = _finder.Find(service).Root is { } found ? Markers.Strip(found.Environment, spec) : spec.Environment;
        return _programs.RunAsync(service, command, spec.WorkingDirectory, environment, timeout, cancellationToken);
    }

    /// <summary>Frees what this object holds; the services run on.</summary>
    public void Dispose() => _readiness.Dispose();

    private ServiceSpec Get(string service) => _site.Find(service)
        ?? throw new PlatformException($"{service} is not a service of {_site.Name}: {string.Join(", ", _site.Services.Select(s => s.Name))}", retryable: false);

    private ServiceObservation Observe(ServiceSpec spec, FoundService? found)
    {
        if (found is not null)
        {
            _data.TryRemember(spec);
        }

        var wasStarted = _data.WasStarted(spec.Name);
        var observation = new ServiceObservation
        {
            Name = spec.Name,
            State = found is null ? (wasStarted ? ServiceState.Stopped : ServiceState.Missing) : found.Root.IsStopped ? ServiceState.Paused : ServiceState.Running,
            ExitCode = found is null ? _starter.RecallExitCode(spec.Name) : null,
            Endpoints = Endpoints(spec),
            // Before its first start a service has no data folders yet.
            DataProblems = found is null && !wasStarted ? [] : [.. _data.Check(spec).Select(f => f.Problem)],
        };
        return found is null ? observation : observation with
        {
            Pid = found.Root.Identity.Pid,
            StartedAt = _bootedAt + TimeSpan.FromSeconds((double)found.Root.Identity.StartTicks / ProcFs.TicksPerSecond),
            Environment = Markers.Strip(found.Environment, spec.Process),
            EffectKey = found.EffectKey,
            Replicas = 1,
            PlatformDrift = CommandDrift(spec, found),
        };
    }

    private static List<Uri> Endpoints(ServiceSpec spec)
    {
        var addresses = spec.Ports.Where(p => p is { HostPort: > 0, Protocol: "tcp" }).Select(p => new Uri($"http://127.0.0.1:{p.HostPort}/"));
        return [.. (spec.Health is { } health ? [new Uri(health.GetLeftPart(UriPartial.Authority) + "/")] : Array.Empty<Uri>()).Concat(addresses).Distinct()];
    }

    private static List<Drift> CommandDrift(ServiceSpec spec, FoundService found)
    {
        var (declared, actual) = (spec.Process!.Command, found.CommandLine);
        return found.IsStarting || actual.Count == 0 || IsSameCommand(declared, actual)
            ? []
            : [new Drift(spec.Name, "command", "command", string.Join(' ', declared), ServiceLogs.Clean(string.Join(' ', actual)))];
    }

    /// <summary>A script's command line starts with its interpreter (and at most one option of that), and has the script's path as found.</summary>
    private static bool IsSameCommand(IReadOnlyList<string> declared, IReadOnlyList<string> actual)
    {
        var extra = actual.Count - declared.Count;
        return extra is >= 0 and <= 2
            && actual.Skip(extra + 1).SequenceEqual(declared.Skip(1))
            && (extra == 0 ? actual[0] == declared[0] : Path.GetFileName(actual[extra]) == Path.GetFileName(declared[0]));
    }
}
