using Quorate.Contracts.Sites;

namespace Quorate.Tests.Unit.Faults;

/// <summary>Services in memory: each has a state, an environment and a pid, and every change is written down.</summary>
internal sealed class FakePlatform(string name, Site site) : IPlatform
{
    private readonly Dictionary<string, ServiceObservation> services = site.Services.ToDictionary(s => s.Name, s => new ServiceObservation
    {
        Name = s.Name,
        State = ServiceState.Running,
        Environment = name == "process" ? s.Process!.Environment : s.Environment,
    });

    public string Name => name;

    public List<string> Changes { get; } = [];

    /// <summary>The next change throws this.</summary>
    public Exception? Failure { get; set; }

    public ServiceObservation this[string service]
    {
        get => services[service];
        set => services[service] = value;
    }

    public Task<IReadOnlyList<ServiceObservation>> ObserveAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<ServiceObservation>>(services.Values.ToList());

    public Task StartAsync(string service, string effectKey, CancellationToken cancellationToken) =>
        ChangeAsync("start", service, o => o with { State = ServiceState.Running, EffectKey = effectKey });

    public Task StopAsync(string service, CancellationToken cancellationToken) =>
        ChangeAsync("stop", service, o => o with { State = ServiceState.Stopped });

    public Task PauseAsync(string service, CancellationToken cancellationToken) =>
        ChangeAsync("pause", service, o => o with { State = ServiceState.Paused });

    public Task UnpauseAsync(string service, CancellationToken cancellationToken) =>
        ChangeAsync("unpause", service, o => o with { State = ServiceState.Running });

    public Task RecreateAsync(string service, IReadOnlyDictionary<string, string>? environment, string effectKey, DateTimeOffset intendedAt, CancellationToken cancellationToken)
    {
        ServiceSpec spec = site.Find(service)!;
        var declared = name == "process" ? spec.Process!.Environment : spec.Environment;
        return ChangeAsync("recreate", service, o => o with { State = ServiceState.Running, Environment = environment ?? declared, EffectKey = effectKey });
    }

    public Task UpAsync(IProgress<string>? progress, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task DownAsync(IProgress<string>? progress, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task RestartAsync(string service, string effectKey, DateTimeOffset intendedAt, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task ScaleAsync(string service, int replicas, string effectKey, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<string?> RepairDataAsync(string service, string effectKey, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task UndoDataRepairAsync(string service, string token, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<LogLine>> ReadLogsAsync(string service, LogQuery query, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ResourceUsage?> ReadUsageAsync(string service, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ExecOutcome> ExecAsync(string service, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken) => throw new NotSupportedException();

    private Task ChangeAsync(string change, string service, Func<ServiceObservation, ServiceObservation> apply)
    {
        Changes.Add($"{change} {service}");
        if (Failure is { } failure)
        {
            Failure = null;
            return Task.FromException(failure);
        }
        services[service] = apply(services[service]);
        return Task.CompletedTask;
    }
}
