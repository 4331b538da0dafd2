using System.Text.Json.Serialization;
using Quorate.Engine.Triage.Metrics;

namespace Quorate.Harness.Metrics;

/// <summary>The answer of <c>harness run</c>. Rates are of the runs that the harness could carry out; Errors counts the others.</summary>
public sealed record BatchSummary
{
    public required IReadOnlyList<RunResult> Scenarios { get; init; }
    public required int Runs { get; init; }
    public required int Errors { get; init; }

    /// <summary>Null when no run could be carried out.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required double? Sr { get; init; }

    [JsonPropertyName("sr_wilson95")]
    public required IReadOnlyList<double> SrWilson95 { get; init; }

    /// <summary>The share that was root-verified, whatever their tasks did.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required double? SrRoot { get; init; }

    [JsonPropertyName("sr_root_wilson95")]
    public required IReadOnlyList<double> SrRootWilson95 { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required double? MrlMs { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required double? Tged { get; init; }
    public required int Replans { get; init; }
    public required int UncommittedReplans { get; init; }

    [JsonPropertyName("p50_recovery_ms")]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required double? P50RecoveryMs { get; init; }

    [JsonPropertyName("p95_recovery_ms")]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required double? P95RecoveryMs { get; init; }

    [JsonPropertyName("p50_detection_ms")]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required double? P50DetectionMs { get; init; }

    [JsonPropertyName("p95_detection_ms")]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required double? P95DetectionMs { get; init; }

    [JsonPropertyName("p50_replan_ms")]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required double? P50ReplanMs { get; init; }

    [JsonPropertyName("p95_replan_ms")]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required double? P95ReplanMs { get; init; }

    /// <summary>Of the scenarios that expect one: the share of right diagnoses.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required double? RootRight { get; init; }

    public static BatchSummary Of(IReadOnlyList<RunResult> results)
    {
        var judged = results.Where(r => r.Error is null).ToList();
        var replans = judged.SelectMany(r => r.Replans).ToList();
        var (passed, rooted) = (judged.Count(r => r.SrPass), judged.Count(r => r.RootVerified));
        var diagnosed = judged.Where(r => r.RootRight is not null).ToList();
        return new BatchSummary
        {
            Scenarios = results,
            Runs = results.Count,
            Errors = results.Count - judged.Count,
            Sr = Share(passed, judged.Count),
            SrWilson95 = Interval(passed, judged.Count),
            SrRoot = Share(rooted, judged.Count),
            SrRootWilson95 = Interval(rooted, judged.Count),
            MrlMs = Metrics.Replans.MeanLatencyMs(replans),
            Tged = Metrics.Replans.MeanTged(replans),
            Replans = replans.Count,
            UncommittedReplans = judged.Sum(r => r.UncommittedReplans),
            P50RecoveryMs = At(judged.Select(r => r.RecoveryMs), 0.5),
            P95RecoveryMs = At(judged.Select(r => r.RecoveryMs), 0.95),
            P50DetectionMs = At(judged.Select(r => r.DetectionMs), 0.5),
            P95DetectionMs = At(judged.Select(r => r.DetectionMs), 0.95),
            P50ReplanMs = At(replans.Select(r => r.LatencyMs), 0.5),
            P95ReplanMs = At(replans.Select(r => r.LatencyMs), 0.95),
            RootRight = Share(diagnosed.Count(r => r.RootRight == true), diagnosed.Count),
        };
    }

    private static double? Share(int some, int all) => all == 0 ? null : Math.Round((double)some / all, 6);

    private static double[] Interval(int successes, int trials)
    {
        var (low, high) = Wilson.Interval95(successes, trials);
        return [Math.Round(low, 4), Math.Round(high, 4)];
    }

    private static double? At(IEnumerable<double?> values, double q)
    {
        var sorted = values.OfType<double>().Order().ToList();
        return sorted.Count == 0 ? null : Quantile.NearestRank(sorted, q);
    }
}
