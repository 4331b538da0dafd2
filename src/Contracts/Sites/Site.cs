namespace Quorate.Contracts.Sites;

/// <summary>The desired state, as a Compose file declares it.</summary>
public sealed record Site
{
    /// <summary>Compose's project name.</summary>
    public required string Name { get; init; }

    /// <summary>The project name, a hyphen, and eight hex digits of the file's path: what marks our processes.</summary>
    public required string Id { get; init; }

    /// <summary>Full path of the Compose file; its folder is what relative paths in it are relative to.</summary>
    public required string ComposeFile { get; init; }

    /// <summary>The file that Compose lays over it by itself, when there is one.</summary>
    public string? OverrideFile { get; init; }
    public required IReadOnlyList<ServiceSpec> Services { get; init; }

    /// <summary>Marked <c>x-quorate: { lab: true }</c>: faults may be injected here.</summary>
    public bool Lab { get; init; }

    /// <summary>Checks of the site as a whole, as its users see it.</summary>
    public IReadOnlyList<SiteProbe> Probes { get; init; } = [];

    /// <summary>Base address of a Prometheus server that scrapes the site, if any.</summary>
    public Uri? Prometheus { get; init; }

    /// <summary>Folder of the site's own Markdown runbooks, if any (full path).</summary>
    public string? Runbooks { get; init; }

    public string Directory => Path.GetDirectoryName(ComposeFile)!;

    public ServiceSpec? Find(string service) => Services.FirstOrDefault(s => s.Name == service);
}

/// <summary>One service as declared. Only what Quorate compares or uses is kept; the rest of the file is Compose's.</summary>
public sealed record ServiceSpec
{
    public required string Name { get; init; }
    public string? Image { get; init; }

    /// <summary>The container's command; null when the image's own is used.</summary>
    public IReadOnlyList<string>? Command { get; init; }
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
    public IReadOnlyList<ServiceDependency> DependsOn { get; init; } = [];
    public HealthCheck? HealthCheck { get; init; }
    public IReadOnlyList<PortMapping> Ports { get; init; } = [];
    public IReadOnlyList<string> Networks { get; init; } = [];
    public IReadOnlyList<VolumeMount> Volumes { get; init; } = [];
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>CPU limit in cores; null when there is none.</summary>
    public double? Cpus { get; init; }

    /// <summary>Memory limit in bytes; null when there is none.</summary>
    public long? MemoryBytes { get; init; }
    public int Replicas { get; init; } = 1;

    /// <summary>How to run it without a container (<c>x-quorate</c>); null when it only runs as one.</summary>
    public ProcessSpec? Process { get; init; }

    /// <summary>Host-side health address (<c>x-quorate.health</c>); null when only Compose's health check and ports are known.</summary>
    public Uri? Health { get; init; }

    /// <summary>Host-side Prometheus text (<c>x-quorate.metrics</c>).</summary>
    public Uri? Metrics { get; init; }
}

/// <summary>Condition is Compose's: <c>service_started</c>, <c>service_healthy</c> or <c>service_completed_successfully</c>.</summary>
public sealed record ServiceDependency(string Service, string Condition);

/// <summary>A declared health check. Test is Compose's list form: first <c>CMD</c> or <c>CMD-SHELL</c>.</summary>
public sealed record HealthCheck(IReadOnlyList<string> Test, TimeSpan Interval, TimeSpan Timeout, int Retries, TimeSpan StartPeriod);

/// <summary>HostPort 0 means that the engine chooses; Protocol is <c>tcp</c> or <c>udp</c>.</summary>
public sealed record PortMapping(string HostIp, int HostPort, int ContainerPort, string Protocol);

public sealed record VolumeMount(string Source, string Target, bool ReadOnly, string Type);

/// <summary>A service as an ordinary child process.</summary>
public sealed record ProcessSpec
{
    /// <summary>Program and arguments, no shell; relative paths are relative to the Compose file's folder.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Full path.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>The declared environment with <c>x-quorate.environment</c> laid over it.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Folders that the service must be able to write.</summary>
    public IReadOnlyList<DataFolder> Data { get; init; } = [];
}

/// <summary>A data folder (full path) and the file patterns that belong to the service in it (empty: unknown).</summary>
public sealed record DataFolder(string Path, IReadOnlyList<string> Files);

/// <summary>One request that a user of the site would make, and the status it must answer with.</summary>
public sealed record SiteProbe(string Name, string Service, Uri Url, string Method, string? Body, int ExpectStatus);
