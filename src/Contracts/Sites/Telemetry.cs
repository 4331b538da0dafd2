using System.Text.Json.Serialization;

namespace Quorate.Contracts.Sites;

public enum TelemetryStatus
{
    [JsonStringEnumMemberName("OK")] Ok,
    [JsonStringEnumMemberName("WARN")] Warn,
    [JsonStringEnumMemberName("ERROR")] Error,
}

/// <summary>One telemetry record, as <c>docs/schemas/telemetry.json</c> describes it.</summary>
public sealed record Telemetry
{
    /// <summary>The service's name.</summary>
    public required string DeviceId { get; init; }
    public required DateTimeOffset Timestamp { get; init; }
    public required TelemetryStatus Status { get; init; }
    public required TelemetryMetrics Metrics { get; init; }
    public string? ErrorCode { get; init; }
    public string? LogSample { get; init; }
    public string? Note { get; init; }
}

/// <summary>cpu_load in cores, mem_usage in bytes, latency_ms of the health probe (-1 when nothing answered).</summary>
public sealed record TelemetryMetrics(double CpuLoad, double MemUsage, double LatencyMs);
