using System.Text.Json.Serialization;
using Quorate.Engine.Triage;

namespace Quorate.Harness.Metrics;

/// <summary>One scenario's row of <c>harness run</c>. Times are milliseconds; null: it did not happen.</summary>
public sealed record RunResult
{
    public required string Name { get; init; }
    public required long Seed { get; init; }
    public required int Repetition { get; init; }
    public required string Arm { get; init; }
    public required string Platform { get; init; }
    public required string Fault { get; init; }
    public required bool SrPass { get; init; }
    public required bool RootVerified { get; init; }

    /// <summary>Why it is no success, one sentence each.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public double? MrlMs { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public double? Tged { get; init; }

    /// <summary>Injection to the first deviation that the harness's monitor saw.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public double? DetectionMs { get; init; }

    /// <summary>Injection to the end of the stability window; see <see cref="HealthyMs"/> for its begin.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public double? RecoveryMs { get; init; }

    /// <summary>Injection to the first look of the unbroken row of good ones.</summary>
    public double? HealthyMs { get; init; }
    public required int PlanVersions { get; init; }
    public required IReadOnlyList<Replan> Replans { get; init; }

    /// <summary>Deviations that no committed plan ever answered.</summary>
    public required int UncommittedReplans { get; init; }
    public required TaskCounts Tasks { get; init; }
    public TriageOutcome? Outcome { get; init; }
    public string? RootService { get; init; }
    public string? RootCause { get; init; }

    /// <summary>Whether the diagnosis is the expected one; null where none is expected.</summary>
    public bool? RootRight { get; init; }
    public required double DurationMs { get; init; }

    /// <summary>What could not be put back after the run; empty unless something was spoilt for good.</summary>
    public IReadOnlyList<string> Left { get; init; } = [];

    /// <summary>Why the harness could not carry the run out; it counts as an error, not as a failure, and is never dropped.</summary>
    public string? Error { get; init; }
}
