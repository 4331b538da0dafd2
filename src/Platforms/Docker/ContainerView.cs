using System.Globalization;
using System.Net;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Docker;

/// <summary>What the Engine says of a container, in the words of a Compose file. Pure.</summary>
internal static class ContainerView
{
    /// <summary>Container ports at which HTTP is customary; any other port counts as HTTP when the declaration says so.</summary>
    private static readonly HashSet<int> HttpPorts = [80, 3000, 4000, 5000, 8000, 8008, 8080, 8081, 8088, 8888, 9000, 9090, 9093, 15672];

    public static ServiceState State(ContainerInspection container) =>
        container.Running ? ServiceState.Running : container.Paused ? ServiceState.Paused : ServiceState.Stopped;

    /// <summary><c>NAME=value</c> entries as a map; a name alone has the empty value.</summary>
    public static Dictionary<string, string> Environment(IReadOnlyList<string>? entries)
    {
        var environment = new Dictionary<string, string>();
        foreach (var entry in entries ?? [])
        {
            var equals = entry.IndexOf('=', StringComparison.Ordinal);
            environment[equals < 0 ? entry : entry[..equals]] = equals < 0 ? "" : entry[(equals + 1)..];
        }

        return environment;
    }

    /// <summary>The container's environment without what its image brings; a variable that the file declares stays.</summary>
    public static Dictionary<string, string> OwnEnvironment(ContainerInspection container, ImageInspection? image, ServiceSpec spec)
    {
        var own = Environment(container.Config.Env);
        foreach (var (name, value) in Environment(image?.Config?.Env))
        {
            if (own.TryGetValue(name, out var actual) && actual == value && !spec.Environment.ContainsKey(name))
            {
                own.Remove(name);
            }
        }

        return own;
    }

    /// <summary>Names as the file knows them: by Compose's label, else without the project's prefix.</summary>
    public static IReadOnlyList<string> Networks(ContainerInspection container, string project, IReadOnlyDictionary<string, string> labelled)
    {
        var prefix = project + "_";
        return
        [
            .. (container.NetworkSettings?.Networks?.Keys ?? Enumerable.Empty<string>())
                .Select(n => labelled.TryGetValue(n, out var name) ? name : n.StartsWith(prefix, StringComparison.Ordinal) ? n[prefix.Length..] : n)
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>Published ports with the host address as it was asked for (empty: all); the Engine's choice where it chose.</summary>
    public static IReadOnlyList<PortMapping> Ports(ContainerInspection container)
    {
        var live = container.NetworkSettings?.Ports ?? [];
        var ports = new List<PortMapping>();
        foreach (var (key, bindings) in container.HostConfig.PortBindings ?? [])
        {
            var (port, protocol) = ParsePort(key);
            foreach (var binding in bindings ?? [])
            {
                var actual = live.GetValueOrDefault(key)?.Select(b => Number(b.HostPort)).FirstOrDefault(p => p > 0) ?? 0;
                var host = Number(binding.HostPort) is > 0 and var asked ? asked : actual;
                ports.Add(new PortMapping(binding.HostIp ?? "", host, port, protocol));
            }
        }

        return [.. ports.OrderBy(p => p.ContainerPort).ThenBy(p => p.HostPort)];
    }

    public static double? Cpus(HostConfig host)
    {
        const double nanosPerCore = 1e9;
        const double defaultPeriodUs = 100_000;
        return host.NanoCpus > 0 ? host.NanoCpus / nanosPerCore
            : host.CpuQuota > 0 ? host.CpuQuota / (host.CpuPeriod > 0 ? host.CpuPeriod : defaultPeriodUs)
            : null;
    }

    /// <summary>Published loopback addresses; when nothing is published, the container's own address with its exposed ports.</summary>
    public static IReadOnlyList<Uri> Endpoints(ContainerInspection container, ServiceSpec spec)
    {
        if (!container.Running)
        {
            return [];
        }

        var published = (container.NetworkSettings?.Ports ?? [])
            .SelectMany(p => (p.Value ?? []).Select(b => (Inside: ParsePort(p.Key), Host: LocalAddress(b.HostIp), Port: Number(b.HostPort))))
            .Where(p => p.Inside.Protocol == "tcp" && p.Host is not null && p.Port > 0)
            .Select(p => Endpoint(p.Host!, p.Port, p.Inside.Port, spec))
            .Distinct()
            .ToList();
        if (published.Count > 0)
        {
            return published;
        }

        var address = container.NetworkSettings?.Networks?.Values.Select(n => n.IpAddress).FirstOrDefault(a => !string.IsNullOrEmpty(a));
        return address is null
            ? []
            : [.. (container.Config.ExposedPorts?.Keys ?? Enumerable.Empty<string>())
                .Select(ParsePort).Where(p => p.Protocol == "tcp").OrderBy(p => p.Port).Select(p => Endpoint(address, p.Port, p.Port, spec))];
    }

    /// <summary>Mounts that the file declares writable and the container has read-only.</summary>
    public static IReadOnlyList<DataProblem> DataProblems(ContainerInspection container, ServiceSpec spec)
    {
        var problems = new List<DataProblem>();
        foreach (var volume in spec.Volumes.Where(v => !v.ReadOnly))
        {
            var target = volume.Target.TrimEnd('/');
            foreach (var mount in (container.Mounts ?? []).Where(m => !m.Writable && m.Destination is { } d && (d == target || d.StartsWith(target + "/", StringComparison.Ordinal))))
            {
                var undeclared = mount.Destination != target && spec.Volumes.All(v => v.Target.TrimEnd('/') != mount.Destination);
                if (mount.Destination == target || undeclared)
                {
                    problems.Add(new DataProblem(mount.Destination!, DataProblemKind.ReadOnly, undeclared, $"mounted read-only from {mount.Source}"));
                }
            }
        }

        return problems;
    }

    private static Uri Endpoint(string host, int port, int containerPort, ServiceSpec spec)
    {
        var http = HttpPorts.Contains(containerPort)
            || spec.Health?.Port == port
            || spec.Metrics?.Port == port
            || (spec.HealthCheck?.Test.Any(t => t.Contains("http://", StringComparison.Ordinal) && t.Contains($":{containerPort}", StringComparison.Ordinal)) ?? false);
        return new UriBuilder(http ? "http" : "tcp", host, port).Uri;
    }

    private static string? LocalAddress(string? hostIp) => hostIp switch
    {
        null or "" or "0.0.0.0" or "::" => "127.0.0.1",
        _ when IPAddress.TryParse(hostIp, out var ip) && IPAddress.IsLoopback(ip) => hostIp,
        _ => null,
    };

    private static (int Port, string Protocol) ParsePort(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? (Number(key), "tcp") : (Number(key[..slash]), key[(slash + 1)..]);
    }

    private static int Number(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
