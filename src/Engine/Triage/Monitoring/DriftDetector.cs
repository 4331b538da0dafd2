using System.Globalization;
using Quorate.Contracts.Sites;

namespace Quorate.Engine.Triage.Monitoring;

/// <summary>Compares a site as it runs with the site as declared. Pure. Secret-looking values are masked.</summary>
public static class DriftDetector
{
    /// <summary>Platform name of services that are ordinary processes.</summary>
    public const string ProcessPlatform = "process";

    private const double CpuTolerance = 0.005;

    public static IReadOnlyList<Drift> Detect(Site site, IReadOnlyList<ServiceObservation> observations, string platform) =>
        [.. site.Services.SelectMany(spec => Detect(site, spec, observations.FirstOrDefault(o => o.Name == spec.Name), platform))];

    public static IReadOnlyList<Drift> Detect(Site site, ServiceSpec spec, ServiceObservation? observed, string platform)
    {
        var found = new List<Drift>();
        AddRunning(found, site, spec, observed);
        if (observed is null || observed.State == ServiceState.Missing)
        {
            return found;
        }

        AddEnvironment(found, spec, observed, platform);
        if (platform != ProcessPlatform)
        {
            AddImage(found, spec, observed);
            AddLimits(found, spec, observed);
            if (observed.State is ServiceState.Running or ServiceState.Paused)
            {
                AddNetworks(found, site, spec, observed);
                AddPorts(found, spec, observed);
            }
        }

        found.AddRange(observed.DataProblems.Select(p => new Drift(spec.Name, "data", p.Path, "writable", $"{Word(p.Kind)}: {p.Detail}")));
        found.AddRange(observed.PlatformDrift
            .Where(d => !found.Exists(f => f.Aspect == d.Aspect && f.Name == d.Name))
            .Select(d => d with { Declared = SecretMask.Value(d.Name, d.Declared), Actual = SecretMask.Value(d.Name, d.Actual) }));
        return found;
    }

    /// <summary>The environment that the declaration asks for on this platform.</summary>
    public static IReadOnlyDictionary<string, string> DeclaredEnvironment(ServiceSpec spec, string platform) =>
        platform == ProcessPlatform && spec.Process is { } process ? process.Environment : spec.Environment;

    /// <summary>A service that others wait for to complete is as declared once it has ended with exit code 0.</summary>
    public static bool IsOneShot(Site site, ServiceSpec spec) =>
        site.Services.Any(s => s.DependsOn.Any(d => d.Service == spec.Name && d.Condition == "service_completed_successfully"));

    private static void AddRunning(List<Drift> found, Site site, ServiceSpec spec, ServiceObservation? observed)
    {
        var state = observed?.State ?? ServiceState.Missing;
        if (spec.Replicas == 0)
        {
            if (state is ServiceState.Running or ServiceState.Paused)
            {
                found.Add(new Drift(spec.Name, "running", "state", "stopped", Word(state)));
            }

            return;
        }

        if (state == ServiceState.Stopped && observed!.ExitCode == 0 && IsOneShot(site, spec))
        {
            return;
        }

        if (state != ServiceState.Running)
        {
            var detail = state == ServiceState.Stopped && observed!.ExitCode is { } code
                ? string.Create(CultureInfo.InvariantCulture, $"stopped (exit code {code})")
                : Word(state);
            found.Add(new Drift(spec.Name, "running", "state", "running", detail));
        }
        else if (observed!.Replicas > 0 && observed.Replicas != spec.Replicas)
        {
            found.Add(new Drift(spec.Name, "replicas", "count", Text(spec.Replicas), Text(observed.Replicas)));
        }
    }

    /// <summary>Declared variables that differ or are absent; extra ones come from the image or the host and are left alone.</summary>
    private static void AddEnvironment(List<Drift> found, ServiceSpec spec, ServiceObservation observed, string platform)
    {
        if (observed.Environment.Count == 0)
        {
            return;
        }

        foreach (var (name, declared) in DeclaredEnvironment(spec, platform))
        {
            var actual = observed.Environment.GetValueOrDefault(name);
            if (actual != declared)
            {
                found.Add(new Drift(spec.Name, "environment", name, SecretMask.Value(name, declared), SecretMask.Value(name, actual)));
            }
        }
    }

    private static void AddImage(List<Drift> found, ServiceSpec spec, ServiceObservation observed)
    {
        if (spec.Image is { } declared && observed.Image is { } actual && !actual.StartsWith("sha256:", StringComparison.Ordinal)
            && NormalImage(declared) != NormalImage(actual))
        {
            found.Add(new Drift(spec.Name, "image", "image", declared, actual));
        }
    }

    private static string NormalImage(string image)
    {
        foreach (var prefix in (ReadOnlySpan<string>)["docker.io/library/", "docker.io/", "library/"])
        {
            if (image.StartsWith(prefix, StringComparison.Ordinal))
            {
                image = image[prefix.Length..];
                break;
            }
        }

        return image.Contains('@', StringComparison.Ordinal) || image.LastIndexOf(':') > image.LastIndexOf('/') ? image : image + ":latest";
    }

    private static void AddLimits(List<Drift> found, ServiceSpec spec, ServiceObservation observed)
    {
        var cpus = observed.Cpus is > 0 ? observed.Cpus : null;
        if (Math.Abs((spec.Cpus ?? 0) - (cpus ?? 0)) > CpuTolerance)
        {
            found.Add(new Drift(spec.Name, "limits", "cpus", Text(spec.Cpus), Text(cpus)));
        }

        var memory = observed.MemoryBytes is > 0 ? observed.MemoryBytes : null;
        if ((spec.MemoryBytes ?? 0) != (memory ?? 0))
        {
            found.Add(new Drift(spec.Name, "limits", "memory", Text(spec.MemoryBytes), Text(memory)));
        }
    }

    /// <summary>Compose prefixes a network with the project's name unless it is external; either form counts.</summary>
    private static void AddNetworks(List<Drift> found, Site site, ServiceSpec spec, ServiceObservation observed)
    {
        foreach (var network in spec.Networks)
        {
            if (!observed.Networks.Any(n => n == network || n == $"{site.Name}_{network}"))
            {
                var actual = observed.Networks.Count == 0 ? null : string.Join(", ", observed.Networks);
                found.Add(new Drift(spec.Name, "networks", network, "attached", actual));
            }
        }
    }

    private static void AddPorts(List<Drift> found, ServiceSpec spec, ServiceObservation observed)
    {
        foreach (var port in spec.Ports)
        {
            var same = observed.Ports.Where(p => p.ContainerPort == port.ContainerPort && p.Protocol == port.Protocol).ToList();
            if (!same.Exists(p => port.HostPort == 0 || p.HostPort == port.HostPort))
            {
                var actual = same.Count == 0 ? null : string.Join(", ", same.Select(p => Text(p.HostPort)));
                found.Add(new Drift(spec.Name, "ports", $"{Text(port.ContainerPort)}/{port.Protocol}", Text(port.HostPort), actual));
            }
        }
    }

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static string? Text(IFormattable? value) => value?.ToString(null, CultureInfo.InvariantCulture);
}
