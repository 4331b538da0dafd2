namespace Quorate.Contracts.Sites;

/// <summary>The answer of <c>site status</c>.</summary>
public sealed record SiteStatus(string Platform, bool Healthy, IReadOnlyList<ServiceStatus> Services)
{
    /// <summary>Failed probes of the site as a whole, one sentence each.</summary>
    public IReadOnlyList<string> Failures { get; init; } = [];
}

public sealed record ServiceStatus
{
    public required string Name { get; init; }
    public required ServiceState State { get; init; }
    public required bool Healthy { get; init; }
    public int? Pid { get; init; }
    public string? ContainerId { get; init; }
    public IReadOnlyList<Uri> Endpoints { get; init; } = [];
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Why it is not healthy, or how fast it answered.</summary>
    public string? Detail { get; init; }

    /// <summary>Milliseconds of the probe; null when nothing answered.</summary>
    public double? LatencyMs { get; init; }
}
