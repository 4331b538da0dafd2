using System.Globalization;
using Quorate.Contracts;
using Quorate.Contracts.Sites;
using Quorate.Platforms.Services;

namespace Quorate.Platforms.Docker;

/// <summary>
/// A site on a Docker Engine. The Engine's API observes, starts, stops and pauses; the Compose program makes and
/// removes containers, so they are exactly what the user's own Compose would have made. Thread-safe.
/// </summary>
/// <remarks>
/// Volumes outlive <see cref="DownAsync"/>, as with <c>docker compose down</c>; <see cref="RemoveVolumesAsync"/> removes them. Containers carry
/// no effect key: an effect's having happened is read from their start and creation times, on the Engine's own clock,
/// which for a unix socket or loopback is this host's.
/// </remarks>
public sealed class DockerPlatform : IPlatform, IDisposable
{
    private const int MaxReplicas = 100;
    private readonly Site _site;
    private readonly DockerOptions _options;
    private readonly TimeProvider _time;
    private readonly EngineClient _engine;
    private readonly SiteContainers _containers;
    private readonly ComposeProgram _compose;

    /// <exception cref="QuorateException">DOCKER_HOST names something else than a unix socket or a loopback port.</exception>
    public DockerPlatform(Site site, DockerOptions options, TimeProvider time)
    {
        _site = site;
        _options = options;
        _time = time;
        var address = EngineAddress.Resolve(options.Host);
        _engine = new EngineClient(address, options.RequestTimeout, time);
        _containers = new SiteContainers(site, _engine);
        _compose = new ComposeProgram(site, address, options, time);
    }

    public string Name => "docker";

    /// <summary>What reads and restores the configuration of this site's services; usable as long as the platform.</summary>
    public ISiteInspector CreateInspector(SecretDigest digest) => new SiteInspector(_site, this, _containers, _engine, digest, _time);

    /// <summary>One line about the engine: its version and address.</summary>
    /// <exception cref="QuorateException">It cannot be reached.</exception>
    public static async Task<string> DescribeEngineAsync(DockerOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var address = EngineAddress.Resolve(options.Host);
        using var engine = new EngineClient(address, options.RequestTimeout, time);
        var version = await engine.ReadVersionAsync(cancellationToken);
        return $"Docker Engine {version.Version}, API {version.ApiVersion}, at {address.Text}";
    }

    public async Task UpAsync(IProgress<string>? progress, CancellationToken cancellationToken)
    {
        var observed = await ObserveAsync(cancellationToken);
        foreach (var paused in observed.Where(o => o.State == ServiceState.Paused))
        {
            await UnpauseAsync(paused.Name, cancellationToken);
        }

        if (observed.Any(o => o.State is ServiceState.Stopped or ServiceState.Missing || o.Replicas < Declared(o.Name).Replicas))
        {
            await _compose.RunAsync(["up", "-d", "--no-recreate", .. _site.Services.SelectMany(Scale)], progress, cancellationToken);
        }
    }

    public async Task DownAsync(IProgress<string>? progress, CancellationToken cancellationToken)
    {
        await _containers.FindAsync(null, cancellationToken);
        await _compose.RunAsync(["down", "--timeout", Grace], progress, cancellationToken);
    }

    public Task RemoveVolumesAsync(IProgress<string>? progress, CancellationToken cancellationToken) =>
        _compose.RunAsync(["down", "--volumes", "--timeout", Grace], progress, cancellationToken);

    public Task<IReadOnlyList<ServiceObservation>> ObserveAsync(CancellationToken cancellationToken) => _containers.ObserveAsync(cancellationToken);

    public async Task StartAsync(string service, string effectKey, CancellationToken cancellationToken)
    {
        var containers = await FindAsync(service, cancellationToken);
        if (containers.Count == 0)
        {
            await CreateAsync(service, cancellationToken);
        }

        foreach (var container in containers.Where(c => !c.Running))
        {
            await _engine.PostAsync($"containers/{container.Id}/start", TimeSpan.Zero, cancellationToken);
        }
    }

    public Task StopAsync(string service, CancellationToken cancellationToken) => ForEachAsync(service, StopAsync, cancellationToken);

    public async Task RestartAsync(string service, string effectKey, DateTimeOffset intendedAt, CancellationToken cancellationToken)
    {
        var containers = await FindAsync(service, cancellationToken);
        if (containers.Count == 0)
        {
            await CreateAsync(service, cancellationToken);
        }

        foreach (var container in containers.Where(c => c.State.StartedAt <= intendedAt))
        {
            await StopAsync(container, cancellationToken);
            await _engine.PostAsync($"containers/{container.Id}/start", TimeSpan.Zero, cancellationToken);
        }
    }

    public Task PauseAsync(string service, CancellationToken cancellationToken) => ForEachAsync(
        service, (c, token) => c.Paused ? Task.CompletedTask : _engine.PauseAsync(c.Id, token), cancellationToken);

    public Task UnpauseAsync(string service, CancellationToken cancellationToken) => ForEachAsync(
        service, (c, token) => !c.Paused ? Task.CompletedTask : _engine.PostAsync($"containers/{c.Id}/unpause", TimeSpan.Zero, token), cancellationToken);

    public async Task RecreateAsync(
        string service, IReadOnlyDictionary<string, string>? environment, string effectKey, DateTimeOffset intendedAt, CancellationToken cancellationToken)
    {
        var spec = Declared(service);
        var containers = await FindAsync(service, cancellationToken);
        if (await IsRecreatedAsync(spec, containers, environment ?? spec.Environment, intendedAt, cancellationToken))
        {
            return;
        }

        // Compose cannot stop a paused container in every version.
        await UnpauseAsync(service, cancellationToken);
        string[] arguments = ["up", "-d", "--no-deps", "--force-recreate", "--timeout", Grace, .. Scale(spec), service];
        if (environment is null)
        {
            await _compose.RunAsync(arguments, null, cancellationToken);
            return;
        }

        var resolved = await _compose.RenderAsync(cancellationToken);
        using var file = new PrivateFile("compose.yml", ComposeRendering.WithEnvironment(resolved, service, environment));
        await _compose.RunAsync(arguments, null, cancellationToken, file.Path);
    }

    public async Task ScaleAsync(string service, int replicas, string effectKey, CancellationToken cancellationToken)
    {
        if (replicas is < 0 or > MaxReplicas)
        {
            throw QuorateException.Input("replicas", $"replicas of '{service}' is {replicas}; allowed are 0 to {MaxReplicas}.");
        }

        var containers = await FindAsync(service, cancellationToken);
        if (containers.Count == replicas && containers.All(c => c.Running))
        {
            return;
        }

        await UnpauseAsync(service, cancellationToken);
        await _compose.RunAsync(
            ["up", "-d", "--no-deps", "--no-recreate", "--timeout", Grace, "--scale", string.Create(CultureInfo.InvariantCulture, $"{service}={replicas}"), service],
            null, cancellationToken);
    }

    /// <summary>Nothing is done here: a container gets its declared mounts back by being recreated.</summary>
    public Task<string?> RepairDataAsync(string service, string effectKey, CancellationToken cancellationToken)
    {
        Declared(service);
        return Task.FromResult<string?>(null);
    }

    public Task UndoDataRepairAsync(string service, string token, CancellationToken cancellationToken) =>
        throw new PlatformException($"no data repair of '{service}' was made on Docker, so none can be undone", retryable: false);

    public async Task<IReadOnlyList<LogLine>> ReadLogsAsync(string service, LogQuery query, CancellationToken cancellationToken) =>
        await new ContainerLogs(_engine, _options).ReadAsync(service, await FindAsync(service, cancellationToken), query, cancellationToken);

    public async Task<ResourceUsage?> ReadUsageAsync(string service, CancellationToken cancellationToken)
    {
        var running = (await FindAsync(service, cancellationToken)).Where(c => c.Running).ToList();
        if (running.Count == 0)
        {
            return null;
        }

        var usages = await Task.WhenAll(running.Select(c => ReadUsageAsync(c, cancellationToken)));
        return usages.Aggregate((a, b) => new ResourceUsage(a.CpuLoad + b.CpuLoad, a.MemoryBytes + b.MemoryBytes, a.Threads + b.Threads));
    }

    public async Task<ExecOutcome> ExecAsync(string service, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (command.Count == 0)
        {
            throw QuorateException.Input("command", $"The command for '{service}' is empty; give a program and its arguments.");
        }

        var container = (await FindAsync(service, cancellationToken)).FirstOrDefault(c => c.Running)
            ?? throw new PlatformException($"'{service}' is not running, so nothing can be run in it", retryable: false);
        return await new ContainerExec(_engine, _time).RunAsync(container.Id, command, timeout, cancellationToken);
    }

    public void Dispose() => _engine.Dispose();

    private string Grace => _options.StopGraceSeconds.ToString(CultureInfo.InvariantCulture);

    private static IEnumerable<string> Scale(ServiceSpec spec) =>
        spec.Replicas == 1 ? [] : ["--scale", string.Create(CultureInfo.InvariantCulture, $"{spec.Name}={spec.Replicas}")];

    private ServiceSpec Declared(string service) => _site.Find(service) ?? throw QuorateException.Input(
        "unknown_service", $"'{service}' is not a service of {_site.Name}; it has {string.Join(", ", _site.Services.Select(s => s.Name))}.");

    private Task<IReadOnlyList<ContainerInspection>> FindAsync(string service, CancellationToken cancellationToken) =>
        _containers.FindAsync(Declared(service).Name, cancellationToken);

    private Task CreateAsync(string service, CancellationToken cancellationToken) =>
        _compose.RunAsync(["up", "-d", "--no-deps", "--no-recreate", .. Scale(Declared(service)), service], null, cancellationToken);

    private async Task ForEachAsync(string service, Func<ContainerInspection, CancellationToken, Task> change, CancellationToken cancellationToken)
    {
        foreach (var container in await FindAsync(service, cancellationToken))
        {
            await change(container, cancellationToken);
        }
    }

    private Task StopAsync(ContainerInspection container, CancellationToken cancellationToken) =>
        _engine.PostAsync($"containers/{container.Id}/stop?t={Grace}", TimeSpan.FromSeconds(_options.StopGraceSeconds), cancellationToken);

    private async Task<bool> IsRecreatedAsync(
        ServiceSpec spec, IReadOnlyList<ContainerInspection> containers, IReadOnlyDictionary<string, string> environment, DateTimeOffset intendedAt, CancellationToken cancellationToken)
    {
        if (containers.Count != spec.Replicas || containers.Any(c => c.Created <= intendedAt || !c.Running))
        {
            return false;
        }

        var observed = await _containers.ObserveAsync(spec, containers, null, cancellationToken);
        return observed.PlatformDrift.Count == 0
            && observed.DataProblems.Count == 0
            && environment.Count == observed.Environment.Count
            && environment.All(e => observed.Environment.TryGetValue(e.Key, out var value) && value == e.Value);
    }

    private async Task<ResourceUsage> ReadUsageAsync(ContainerInspection container, CancellationToken cancellationToken)
    {
        async Task<ContainerStats> SampleAsync() => ControlGroupUsage.Read(container, _time)
            ?? await _engine.GetAsync<ContainerStats>($"containers/{container.Id}/stats?stream=0&one-shot=1", cancellationToken);

        var first = await SampleAsync();
        if (first.HasEarlier)
        {
            return ContainerStats.Between(first, first);
        }

        await Task.Delay(_options.UsageWindow, _time, cancellationToken);
        return ContainerStats.Between(first, await SampleAsync());
    }
}
