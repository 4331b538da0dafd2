using System.Text.Json.Serialization;

namespace Quorate.Models.Health;

/// <summary>How far a member can be relied on, by its last probes and calls.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HealthStatus>))]
public enum HealthStatus
{
    /// <summary>Nothing has been heard of it yet, or it was reset.</summary>
    [JsonStringEnumMemberName("unknown")]
    Unknown,

    /// <summary>The last probe or call succeeded.</summary>
    [JsonStringEnumMemberName("healthy")]
    Healthy,

    /// <summary>One or two failures in a row, or one success after being unhealthy.</summary>
    [JsonStringEnumMemberName("degraded")]
    Degraded,

    /// <summary>Three to five failures in a row.</summary>
    [JsonStringEnumMemberName("unhealthy")]
    Unhealthy,

    /// <summary>Six failures in a row or more.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,
}

/// <summary>What is known of a member at one moment.</summary>
public sealed record AgentHealth
{
    /// <summary>The member's name.</summary>
    public required string Agent { get; init; }
    public required HealthStatus Status { get; init; }

    /// <summary>When it last answered a probe or a call; null: never.</summary>
    public DateTimeOffset? LastHeartbeat { get; init; }
    public required int ConsecutiveFailures { get; init; }

    /// <summary>Probes in a row that failed: attempts to bring it back.</summary>
    public int FailedProbes { get; init; }

    /// <summary>The last failure, kept until a success; holds no credentials.</summary>
    public string? LastError { get; init; }
    public required DateTimeOffset NextProbeAt { get; init; }

    /// <summary>Of the last answer, in milliseconds; null: there was none.</summary>
    public double? LatencyMs { get; init; }
}
