using System.Text.Json.Serialization;

namespace Quorate.Contracts.Sites;

public enum ServiceState
{
    Running,
    Stopped,
    Paused,
    Missing,
}

/// <summary>What a platform sees of one service, before any probe.</summary>
public sealed record ServiceObservation
{
    public required string Name { get; init; }
    public required ServiceState State { get; init; }
    public int? Pid { get; init; }
    public string? ContainerId { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public int? ExitCode { get; init; }

    /// <summary>The engine's own health verdict: <c>healthy</c>, <c>unhealthy</c>, <c>starting</c>; null when it has none.</summary>
    public string? EngineHealth { get; init; }
    public string? Image { get; init; }

    /// <summary>The environment that the running service really has.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
    public IReadOnlyList<string> Networks { get; init; } = [];
    public IReadOnlyList<PortMapping> Ports { get; init; } = [];
    public double? Cpus { get; init; }
    public long? MemoryBytes { get; init; }
    public int Replicas { get; init; }

    /// <summary>Idempotency key of the effect that last started it, when the platform can tell.</summary>
    public string? EffectKey { get; init; }

    /// <summary>Its addresses in the site's own networks, as other services' logs show them.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>Addresses on this host under which it can be reached.</summary>
    public IReadOnlyList<Uri> Endpoints { get; init; } = [];

    /// <summary>What stops it from writing its data folders; empty when nothing does.</summary>
    public IReadOnlyList<DataProblem> DataProblems { get; init; } = [];

    /// <summary>
    /// Differences only the platform can see (an image id behind the same tag, a command line other than declared).
    /// </summary>
    public IReadOnlyList<Drift> PlatformDrift { get; init; } = [];
}

public enum DataProblemKind
{
    /// <summary>The file system under the folder is mounted read-only.</summary>
    ReadOnly,

    /// <summary>No space or no inodes left.</summary>
    Full,

    /// <summary>The folder or a file in it has the immutable attribute.</summary>
    Immutable,

    /// <summary>The folder is not there or is not a folder.</summary>
    Missing,

    /// <summary>Mode bits or ownership forbid writing.</summary>
    Forbidden,
}

/// <summary>Why a data folder cannot be written. UndeclaredMount: something is mounted over the folder that the file does not declare.</summary>
public sealed record DataProblem(string Path, DataProblemKind Kind, bool UndeclaredMount, string Detail);

/// <summary>A difference between declared and actual. Aspect: running, environment, image, command, networks, limits, ports, replicas or data.</summary>
public sealed record Drift(string Service, string Aspect, string Name, string? Declared, string? Actual);

/// <summary>CPU load in cores used, or kept from a thread that never sleeps (1.0 = one core); memory in bytes.</summary>
public sealed record ResourceUsage(double CpuLoad, long MemoryBytes, int Threads);

public sealed record ExecOutcome(int ExitCode, string Output);

/// <summary>Lines no older than Since, the newest Tail of them.</summary>
public sealed record LogQuery(DateTimeOffset Since, int Tail);

/// <summary>One log line as read; Raw keeps what was printed when it was not JSON in this form.</summary>
public sealed record LogLine
{
    public required DateTimeOffset Ts { get; init; }

    /// <summary>Upper case: DEBUG, INFO, WARN, ERROR, FATAL; UNKNOWN when the line does not say.</summary>
    public required string Level { get; init; }
    public required string Service { get; init; }
    public required string Msg { get; init; }
    public IReadOnlyDictionary<string, string>? Meta { get; init; }
}
