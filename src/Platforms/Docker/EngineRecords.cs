using System.Text.Json.Serialization;

namespace Quorate.Platforms.Docker;

// The parts of the Engine API's answers that are used (https://docs.docker.com/reference/api/engine/); names are the API's.

internal sealed record EngineVersion(string? ApiVersion, string? MinAPIVersion, string? Version = null);

internal sealed record EngineId(string Id);

internal sealed record ContainerSummary
{
    public required string Id { get; init; }
    public Dictionary<string, string>? Labels { get; init; }
}

internal sealed record ContainerInspection
{
    public required string Id { get; init; }
    public required DateTimeOffset Created { get; init; }
    public required ContainerState State { get; init; }

    /// <summary>Id of the image it was made from.</summary>
    public required string Image { get; init; }
    public required ContainerConfig Config { get; init; }
    public required HostConfig HostConfig { get; init; }
    public NetworkSettings? NetworkSettings { get; init; }
    public IReadOnlyList<ContainerMount>? Mounts { get; init; }

    /// <summary>On the Engine's host: what the container sees as /etc/resolv.conf and /etc/hosts.</summary>
    public string? ResolvConfPath { get; init; }
    public string? HostsPath { get; init; }

    public bool Running => State.Status == "running";
    public bool Paused => State.Status == "paused";
    public string Service => Config.Labels?.GetValueOrDefault(ComposeLabels.Service) ?? "";
}

internal sealed record ContainerState
{
    public required string Status { get; init; }
    public int Pid { get; init; }
    public int ExitCode { get; init; }
    public DateTimeOffset StartedAt { get; init; }
    public ContainerHealth? Health { get; init; }
}

internal sealed record ContainerHealth(string? Status);

internal sealed record ContainerConfig
{
    public IReadOnlyList<string>? Env { get; init; }
    public IReadOnlyList<string>? Cmd { get; init; }
    public string? Image { get; init; }
    public string? Hostname { get; init; }
    public string? User { get; init; }
    public IReadOnlyList<string>? Entrypoint { get; init; }
    public string? StopSignal { get; init; }
    public bool Tty { get; init; }
    public Dictionary<string, object>? ExposedPorts { get; init; }
    public Dictionary<string, string>? Labels { get; init; }
    public Dictionary<string, object>? Volumes { get; init; }
}

internal sealed record HostConfig
{
    public long NanoCpus { get; init; }
    public long CpuQuota { get; init; }
    public long CpuPeriod { get; init; }
    public long Memory { get; init; }
    public long MemorySwap { get; init; }
    public long CpuShares { get; init; }
    public string? CpusetCpus { get; init; }
    public long? PidsLimit { get; init; }
    public bool Privileged { get; init; }
    public bool ReadonlyRootfs { get; init; }
    public IReadOnlyList<string>? CapAdd { get; init; }
    public IReadOnlyList<string>? CapDrop { get; init; }
    public IReadOnlyList<string>? Dns { get; init; }
    public IReadOnlyList<string>? DnsSearch { get; init; }
    public IReadOnlyList<string>? ExtraHosts { get; init; }
    public IReadOnlyList<Ulimit>? Ulimits { get; init; }
    public Dictionary<string, string>? Tmpfs { get; init; }
    public RestartPolicy? RestartPolicy { get; init; }
    public Dictionary<string, IReadOnlyList<PortBinding>?>? PortBindings { get; init; }
}

internal sealed record Ulimit(string? Name, long Soft, long Hard);

internal sealed record RestartPolicy(string? Name, int MaximumRetryCount);

internal sealed record PortBinding(string? HostIp, string? HostPort);

internal sealed record NetworkSettings
{
    public Dictionary<string, NetworkAttachment>? Networks { get; init; }
    public Dictionary<string, IReadOnlyList<PortBinding>?>? Ports { get; init; }
}

internal sealed record NetworkAttachment([property: JsonPropertyName("IPAddress")] string? IpAddress);

internal sealed record ContainerMount(string? Type, string? Name, string? Source, string? Destination, [property: JsonPropertyName("RW")] bool Writable);

internal sealed record ImageInspection(string Id, ContainerConfig? Config);

internal sealed record NetworkSummary(string Name, Dictionary<string, string>? Labels);

/// <summary>A list of processes: column titles, and one row each.</summary>
internal sealed record ProcessList(IReadOnlyList<string>? Titles, IReadOnlyList<IReadOnlyList<string>>? Processes);

internal sealed record ResourceUpdate(long NanoCpus, long CpuQuota, long CpuPeriod, long Memory, long MemorySwap);

internal sealed record ExecRequest(IReadOnlyList<string> Cmd, bool AttachStdout = true, bool AttachStderr = true);

internal sealed record ExecStart(bool Detach = false, bool Tty = false);

internal sealed record ExecInspection(bool Running, int? ExitCode);

/// <summary>Compose's own labels.</summary>
internal static class ComposeLabels
{
    public const string Project = "com.docker.compose.project";
    public const string Service = "com.docker.compose.service";
    public const string Network = "com.docker.compose.network";
    public const string OneOff = "com.docker.compose.oneoff";

    /// <summary>Containers of <c>compose run</c> belong to nobody's declared service.</summary>
    public static bool IsOneOff(Dictionary<string, string>? labels) =>
        labels?.GetValueOrDefault(OneOff) is { } value && bool.TryParse(value, out var oneOff) && oneOff;
}
