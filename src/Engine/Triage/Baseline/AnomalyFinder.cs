using System.Globalization;
using Quorate.Contracts.Sites;

namespace Quorate.Engine.Triage.Baseline;

/// <summary>Something of a service that is not as it was while healthy.</summary>
/// <param name="Service">Whose.</param>
/// <param name="Kind"><c>cpu_load</c>, <c>mem_usage</c>, <c>latency_ms</c>, or <c>log</c>.</param>
/// <param name="Score">Standard deviations from the norm; for log lines, lines of that form.</param>
/// <param name="Detail">One sentence; foreign text.</param>
public sealed record Anomaly(string Service, string Kind, double Score, string Detail);

/// <summary>Compares readings and log lines with a baseline. Pure.</summary>
public static class AnomalyFinder
{
    /// <summary>Beyond this a reading is an outlier (Iglewicz and Hoaglin recommend 3.5); more here, since a few seconds of health are a small sample.</summary>
    public const double Threshold = 6;

    private const double LeastCpuCores = 0.08;
    private const double LeastMemoryBytes = 32 * 1024 * 1024;
    private const double LeastLatencyMs = 150;

    public static IReadOnlyList<Anomaly> Find(HealthyBaseline healthy, IReadOnlyList<Telemetry> telemetry, IEnumerable<LogLine> troubles) =>
        [.. telemetry.SelectMany(t => Readings(healthy, t)), .. NewLines(healthy, [.. troubles])];

    private static IEnumerable<Anomaly> Readings(HealthyBaseline healthy, Telemetry now)
    {
        (string Name, double Value, double Floor)[] readings =
        [
            ("cpu_load", now.Metrics.CpuLoad, LeastCpuCores),
            ("mem_usage", now.Metrics.MemUsage, LeastMemoryBytes),
            ("latency_ms", now.Metrics.LatencyMs, LeastLatencyMs),
        ];
        var norms = healthy.Find(now.DeviceId)?.Series;
        foreach (var (name, value, floor) in readings)
        {
            // -1 is no reading.
            if (value >= 0 && norms?.GetValueOrDefault(name) is { } norm && RobustStatistics.Score(value, norm, floor) is >= Threshold and var score)
            {
                yield return new Anomaly(now.DeviceId, name, Math.Round(score, 1), string.Create(CultureInfo.InvariantCulture, $"{name} is {value:0.##}, usually {norm.Median:0.##}"));
            }
        }
    }

    /// <summary>Lines at WARN or above of a form that the healthy service never printed.</summary>
    private static IEnumerable<Anomaly> NewLines(HealthyBaseline healthy, IReadOnlyList<LogLine> troubles)
    {
        foreach (var lines in troubles.Where(l => l.Ts > healthy.Since).GroupBy(l => l.Service, StringComparer.Ordinal))
        {
            var known = healthy.Find(lines.Key)?.Logs ?? [];
            var miner = new LogTemplateMiner();
            miner.AddRange(lines);
            foreach (var (text, count) in miner.Templates.Where(t => !known.Any(k => LogTemplateMiner.IsSame(k.Text, t.Text))))
            {
                yield return new Anomaly(lines.Key, "log", count, $"prints what it did not while healthy: {text}");
            }
        }
    }
}
