using System.Collections.Concurrent;
using System.Text.Json;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Docker;

/// <summary>Finds a site's containers by Compose's labels and says what the Engine knows of them. Thread-safe.</summary>
internal sealed class SiteContainers(Site site, EngineClient engine)
{
    private const int MaxParallel = 8;
    private const int MaxCachedImages = 256;
    private readonly ConcurrentDictionary<string, ImageInspection> _images = new();

    /// <summary>Containers of one service, or of all; one-off runs left out. Oldest first.</summary>
    public async Task<IReadOnlyList<ContainerInspection>> FindAsync(string? service, CancellationToken cancellationToken)
    {
        List<string> labels = [$"{ComposeLabels.Project}={site.Name}"];
        if (service is not null)
        {
            labels.Add($"{ComposeLabels.Service}={service}");
        }

        var listed = await engine.GetAsync<List<ContainerSummary>>($"containers/json?all=1&filters={Filter(labels)}", cancellationToken);
        var found = new ConcurrentBag<ContainerInspection>();
        await Parallel.ForEachAsync(
            listed.Where(c => !ComposeLabels.IsOneOff(c.Labels)),
            new ParallelOptions { MaxDegreeOfParallelism = MaxParallel, CancellationToken = cancellationToken },
            async (summary, token) =>
            {
                // One that is gone by now is as good as not listed.
                if (await engine.FindAsync<ContainerInspection>($"containers/{summary.Id}/json", token) is { } container)
                {
                    found.Add(container);
                }
            });
        return [.. found.OrderBy(c => c.Created).ThenBy(c => c.Id, StringComparer.Ordinal)];
    }

    public async Task<IReadOnlyList<ServiceObservation>> ObserveAsync(CancellationToken cancellationToken)
    {
        var naming = NetworkNamesAsync(cancellationToken);
        var containers = (await FindAsync(null, cancellationToken)).ToLookup(c => c.Service);
        var networks = await naming;
        return await Task.WhenAll(site.Services.Select(s => ObserveAsync(s, [.. containers[s.Name]], networks, cancellationToken)));
    }

    /// <summary>The service as the most alive of its containers shows it.</summary>
    public async Task<ServiceObservation> ObserveAsync(
        ServiceSpec spec, IReadOnlyList<ContainerInspection> containers, IReadOnlyDictionary<string, string>? networks, CancellationToken cancellationToken)
    {
        var container = containers.OrderBy(c => c.Running ? 0 : c.Paused ? 1 : 2).ThenByDescending(c => c.Created).FirstOrDefault();
        if (container is null)
        {
            return new ServiceObservation { Name = spec.Name, State = ServiceState.Missing };
        }

        networks ??= await NetworkNamesAsync(cancellationToken);
        var image = await ImageAsync(container.Image, cancellationToken);
        var state = ContainerView.State(container);
        return new ServiceObservation
        {
            Name = spec.Name,
            State = state,
            ContainerId = container.Id,
            Pid = container.State.Pid > 0 ? container.State.Pid : null,
            StartedAt = container.State.StartedAt > DateTimeOffset.UnixEpoch ? container.State.StartedAt : null,
            ExitCode = state == ServiceState.Stopped ? container.State.ExitCode : null,
            EngineHealth = container.State.Health?.Status is { Length: > 0 } health and not "none" ? health : null,
            Image = container.Config.Image,
            Environment = ContainerView.OwnEnvironment(container, image, spec),
            Networks = ContainerView.Networks(container, site.Name, networks),
            Ports = ContainerView.Ports(container),
            Cpus = ContainerView.Cpus(container.HostConfig),
            MemoryBytes = container.HostConfig.Memory > 0 ? container.HostConfig.Memory : null,
            Replicas = containers.Count(c => c.Running),
            Addresses = [.. (container.NetworkSettings?.Networks?.Values ?? Enumerable.Empty<NetworkAttachment>()).Select(n => n.IpAddress).Where(a => !string.IsNullOrEmpty(a)).Select(a => a!)],
            Endpoints = ContainerView.Endpoints(container, spec),
            DataProblems = ContainerView.DataProblems(container, spec),
            PlatformDrift = await DriftAsync(spec, container, cancellationToken),
        };
    }

    private async Task<IReadOnlyList<Drift>> DriftAsync(ServiceSpec spec, ContainerInspection container, CancellationToken cancellationToken)
    {
        var drift = new List<Drift>();
        var tag = spec.Image ?? container.Config.Image;
        if (!string.IsNullOrEmpty(tag)
            && await engine.FindAsync<EngineId>($"images/{Uri.EscapeDataString(tag)}/json", cancellationToken) is { } declared
            && declared.Id != container.Image)
        {
            drift.Add(new Drift(spec.Name, "image", "image id", declared.Id, container.Image));
        }

        if (spec.Command is { } command && !command.SequenceEqual(container.Config.Cmd ?? []))
        {
            drift.Add(new Drift(spec.Name, "command", "command", string.Join(' ', command), string.Join(' ', container.Config.Cmd ?? [])));
        }

        return drift;
    }

    /// <summary>Null when the image was removed while its containers stayed.</summary>
    private async Task<ImageInspection?> ImageAsync(string id, CancellationToken cancellationToken)
    {
        if (_images.TryGetValue(id, out var known))
        {
            return known;
        }

        var image = await engine.FindAsync<ImageInspection>($"images/{id}/json", cancellationToken);
        if (image is not null && _images.Count < MaxCachedImages)
        {
            // An id is the hash of the image, so what it names never changes.
            _images[id] = image;
        }

        return image;
    }

    private async Task<IReadOnlyDictionary<string, string>> NetworkNamesAsync(CancellationToken cancellationToken)
    {
        var filter = Filter([$"{ComposeLabels.Project}={site.Name}"]);
        var networks = await engine.GetAsync<List<NetworkSummary>>($"networks?filters={filter}", cancellationToken);
        var names = new Dictionary<string, string>();
        foreach (var network in networks)
        {
            if (network.Labels?.GetValueOrDefault(ComposeLabels.Network) is { Length: > 0 } label)
            {
                names[network.Name] = label;
            }
        }

        return names;
    }

    private static string Filter(List<string> labels) =>
        Uri.EscapeDataString(JsonSerializer.Serialize(new Dictionary<string, List<string>> { ["label"] = labels }));
}
