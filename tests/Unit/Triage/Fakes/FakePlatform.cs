using Quorate.Contracts.Sites;

namespace Quorate.Tests.Unit.Triage.Fakes;

/// <summary>The real world of a test: services with a state, and a count of everything that was really done to them.</summary>
internal sealed class FakeWorld(Site site)
{
    public Lock Gate { get; } = new();

    public Site Site { get; } = site;

    public Dictionary<string, ServiceObservation> Services { get; } = site.Services.ToDictionary(s => s.Name, s => new ServiceObservation
    {
        Name = s.Name,
        State = ServiceState.Running,
        Environment = s.Environment,
        Replicas = 1,
    });

    /// <summary>How often something really happened, as <c>service/operation</c>.</summary>
    public Dictionary<string, int> Effects { get; } = [];

    public Dictionary<string, ResourceUsage> Usage { get; } = [];

    /// <summary>Asked for each reading before <see cref="Usage"/>.</summary>
    public Func<string, ResourceUsage?>? Meter { get; set; }

    public Dictionary<string, List<LogLine>> Logs { get; } = [];

    /// <summary>Sets the engine's health verdict after each change; what the fault of a test is.</summary>
    public Action<FakeWorld> Physics { get; set; } = _ => { };

    public ServiceObservation this[string name]
    {
        get => Services[name];
        set
        {
            Services[name] = value;
            Physics(this);
        }
    }

    /// <summary>How often the service itself went through something: began, halted, paused, unpaused, scaled.</summary>
    public Dictionary<string, int> Lived { get; } = [];

    public void Count(string service, string operation) => Count(Effects, service, operation);

    public void Live(string service, string change) => Count(Lived, service, change);

    private static void Count(Dictionary<string, int> counts, string service, string what)
    {
        var key = $"{service}/{what}";
        counts[key] = counts.GetValueOrDefault(key) + 1;
    }

    public void SetHealth(string service, bool healthy) =>
        Services[service] = Services[service] with { EngineHealth = healthy ? "healthy" : "unhealthy" };
}

/// <summary>One process's hands on the world. Idempotent as the port asks: by state, or by effect key for what replaces a running service.</summary>
internal sealed class FakePlatform(FakeWorld world, FakeProcess process) : IPlatform
{
    public string Name => "fake";

    /// <summary>Thrown by the next changes, the first first.</summary>
    public Queue<Exception> Failures { get; } = [];

    public int Observations { get; private set; }

    public Task UpAsync(IProgress<string>? progress, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task DownAsync(IProgress<string>? progress, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<IReadOnlyList<ServiceObservation>> ObserveAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        process.Boundary();
        lock (world.Gate)
        {
            Observations++;
            world.Physics(world);
            return Task.FromResult<IReadOnlyList<ServiceObservation>>([.. world.Site.Services.Select(s => world[s.Name])]);
        }
    }

    public Task StartAsync(string service, string effectKey, CancellationToken cancellationToken) => ChangeAsync(() =>
    {
        if (world[service].State is ServiceState.Stopped or ServiceState.Missing)
        {
            Start(service, effectKey, null);
            world.Count(service, "start");
        }
    }, cancellationToken);

    public Task StopAsync(string service, CancellationToken cancellationToken) => ChangeAsync(() => Halt(service), cancellationToken);

    public Task RestartAsync(string service, string effectKey, DateTimeOffset intendedAt, CancellationToken cancellationToken) =>
        Replace(service, "restart", null, effectKey, cancellationToken);

    public Task RecreateAsync(string service, IReadOnlyDictionary<string, string>? environment, string effectKey, DateTimeOffset intendedAt, CancellationToken cancellationToken) =>
        Replace(service, "recreate", environment ?? world.Site.Find(service)!.Environment, effectKey, cancellationToken);

    public Task PauseAsync(string service, CancellationToken cancellationToken) => ChangeAsync(() =>
    {
        world[service] = world[service] with { State = ServiceState.Paused };
        world.Count(service, "pause");
        world.Live(service, "paused");
    }, cancellationToken);

    public Task UnpauseAsync(string service, CancellationToken cancellationToken) => ChangeAsync(() =>
    {
        world[service] = world[service] with { State = ServiceState.Running };
        world.Count(service, "unpause");
        world.Live(service, "unpaused");
    }, cancellationToken);

    public Task ScaleAsync(string service, int replicas, string effectKey, CancellationToken cancellationToken) => ChangeAsync(() =>
    {
        world[service] = world[service] with { Replicas = replicas };
        world.Count(service, "scale");
        world.Live(service, "scaled");
    }, cancellationToken);

    public Task<string?> RepairDataAsync(string service, string effectKey, CancellationToken cancellationToken)
    {
        string? token = null;
        return ChangeAsync(() =>
        {
            token = world[service].DataProblems.Count > 0 ? effectKey : null;
            world[service] = world[service] with { DataProblems = [] };
        }, cancellationToken).ContinueWith(t => t.IsFaulted ? throw t.Exception!.InnerException! : token, TaskScheduler.Default);
    }

    public Task UndoDataRepairAsync(string service, string token, CancellationToken cancellationToken) =>
        ChangeAsync(() => world.Count(service, "undo_data"), cancellationToken);

    public Task<IReadOnlyList<LogLine>> ReadLogsAsync(string service, LogQuery query, CancellationToken cancellationToken)
    {
        process.Boundary();
        return Task.FromResult<IReadOnlyList<LogLine>>(world.Logs.TryGetValue(service, out var lines) ? [.. lines.Where(l => l.Ts >= query.Since).TakeLast(query.Tail)] : []);
    }

    public Task<ResourceUsage?> ReadUsageAsync(string service, CancellationToken cancellationToken) =>
        Task.FromResult<ResourceUsage?>(world.Meter?.Invoke(service) ?? world.Usage.GetValueOrDefault(service) ?? new ResourceUsage(0.01, 1_000_000, 1));

    public Task<ExecOutcome> ExecAsync(string service, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        process.Boundary();
        lock (world.Gate)
        {
            world.Count(service, "exec");
        }

        return Task.FromResult(new ExecOutcome(0, string.Join(' ', command)));
    }

    private Task Replace(string service, string operation, IReadOnlyDictionary<string, string>? environment, string effectKey, CancellationToken cancellationToken)
    {
        lock (world.Gate)
        {
            if (world[service] is { State: ServiceState.Running } now && now.EffectKey == effectKey)
            {
                return Task.CompletedTask;
            }
        }

        // Two steps with a boundary between them: a process can die with the service stopped.
        return ChangeAsync(() => Halt(service), cancellationToken)
            .ContinueWith(
                stopped => stopped.IsFaulted ? stopped : ChangeAsync(() =>
                {
                    Start(service, effectKey, environment);
                    world.Count(service, operation);
                }, cancellationToken),
                TaskScheduler.Default).Unwrap();
    }

    private void Halt(string service)
    {
        if (world[service].State != ServiceState.Stopped)
        {
            world[service] = world[service] with { State = ServiceState.Stopped };
            world.Live(service, "halted");
        }
    }

    private void Start(string service, string effectKey, IReadOnlyDictionary<string, string>? environment)
    {
        world.Live(service, "began");
        world[service] = world[service] with { State = ServiceState.Running, EffectKey = effectKey, Environment = environment ?? world[service].Environment };
    }

    private async Task ChangeAsync(Action change, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await Task.Yield();
        process.Boundary();
        lock (world.Gate)
        {
            if (Failures.TryDequeue(out var failure))
            {
                throw failure;
            }

            change();
            world.Physics(world);
        }

        process.Boundary();
    }
}
