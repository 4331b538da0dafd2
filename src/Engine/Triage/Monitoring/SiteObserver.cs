using System.Text.RegularExpressions;
using Quorate.Contracts;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Baseline;

namespace Quorate.Engine.Triage.Monitoring;

/// <summary>Looks at everything of a site at once: state, probes, usage, drift and the newest troubling log lines.</summary>
public sealed partial class SiteObserver(Site site, IPlatform platform, SiteProber prober, TimeProvider time)
{
    /// <summary>Troubling lines kept of each service, newest last.</summary>
    public const int MaxLogLines = 20;

    /// <summary>Characters kept of one log message.</summary>
    public const int MaxLineLength = 500;

    private const int LogTail = 400;
    private const int MaxReadings = 8;
    private const double BusyCores = 0.9;
    private static readonly TimeSpan LogAge = TimeSpan.FromMinutes(10);
    private static readonly string[] TroubleLevels = ["WARN", "ERROR", "FATAL"];

    /// <summary>Asks the services themselves; null where they cannot be asked.</summary>
    public ConfigurationWatch? Watch { get; init; }

    /// <summary>How the site was while healthy; null when that is not known.</summary>
    public HealthyBaseline? Healthy { get; init; }

    public async Task<SiteSnapshot> SnapshotAsync(CancellationToken cancellationToken)
    {
        var at = time.GetUtcNow();
        var asking = AskAsync(cancellationToken);
        var observations = await platform.ObserveAsync(cancellationToken);
        var probing = prober.ProbeAsync(observations, cancellationToken);
        var others = Task.WhenAll(asking, probing);
        var readingUsage = Task.WhenAll(observations.Select(o => ReadUsageAsync(o, others, cancellationToken)));
        var logs = await Task.WhenAll(observations.Select(o => ReadLogsAsync(o, at, cancellationToken)));
        var usage = await readingUsage;
        var status = await probing;
        var drift = DriftDetector.Detect(site, observations, platform.Name);
        List<Telemetry> telemetry = [.. observations.Select((o, i) => Describe(at, o, status, usage[i], drift, logs[i]))];
        return new SiteSnapshot
        {
            At = at,
            Status = status,
            Observations = observations,
            Drift = drift,
            Logs = observations.Zip(logs).Where(p => p.Second.Count > 0).ToDictionary(p => p.First.Name, p => p.Second, StringComparer.Ordinal),
            Telemetry = telemetry,
            Anomalies = Healthy is null ? [] : AnomalyFinder.Find(Healthy, telemetry, logs.SelectMany(l => l)),
            Configuration = await asking,
        };
    }

    private async Task<ConfigurationView?> AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            return Watch is null ? null : await Watch.LookAsync(null, cancellationToken);
        }
        catch (PlatformException)
        {
            // What can be seen from outside has to do.
            return null;
        }
    }

    public async Task<ResourceUsage?> ReadUsageAsync(ServiceObservation observed, CancellationToken cancellationToken)
    {
        if (observed.State != ServiceState.Running)
        {
            return null;
        }

        try
        {
            return await platform.ReadUsageAsync(observed.Name, cancellationToken);
        }
        catch (PlatformException)
        {
            // It may have ended since it was observed; a missing sample is what the caller then sees.
            return null;
        }
    }

    /// <summary>
    /// The mean of readings for as long as the others take: on a machine that the looking itself keeps busy, a hog gets little
    /// of a single short window.
    /// </summary>
    private async Task<ResourceUsage?> ReadUsageAsync(ServiceObservation observed, Task others, CancellationToken cancellationToken)
    {
        var readings = new List<ResourceUsage>();
        while (readings.Count == 0 || (readings.Count < MaxReadings && !others.IsCompleted))
        {
            if (await ReadUsageAsync(observed, cancellationToken) is not { } reading)
            {
                break;
            }

            readings.Add(reading);
        }

        return readings.Count == 0 ? null : readings[^1] with { CpuLoad = readings.Average(r => r.CpuLoad) };
    }

    /// <summary>WARN or above, or a line without a level that reads like an error.</summary>
    public static bool IsTrouble(LogLine line) =>
        TroubleLevels.Contains(line.Level, StringComparer.Ordinal) || (line.Level == "UNKNOWN" && TroubleWord().IsMatch(line.Msg));

    private async Task<IReadOnlyList<LogLine>> ReadLogsAsync(ServiceObservation observed, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (observed.State == ServiceState.Missing)
        {
            return [];
        }

        try
        {
            var lines = await platform.ReadLogsAsync(observed.Name, new LogQuery(Since(now), LogTail), cancellationToken);
            return [.. lines.Where(IsTrouble).TakeLast(MaxLogLines).Select(l => l with { Msg = PlainText.Line(l.Msg, MaxLineLength) })];
        }
        catch (PlatformException)
        {
            return [];
        }
    }

    /// <summary>What was logged before the site was known to be healthy is over.</summary>
    private DateTimeOffset Since(DateTimeOffset now) => Healthy?.Since is { } known && known > now - LogAge && known < now ? known : now - LogAge;

    private static Telemetry Describe(DateTimeOffset at, ServiceObservation observed, SiteStatus site, ResourceUsage? usage, IReadOnlyList<Drift> drift, IReadOnlyList<LogLine> logs)
    {
        var status = site.Services.First(s => s.Name == observed.Name);
        var drifted = drift.Where(d => d.Service == observed.Name).ToList();
        var worst = logs.LastOrDefault(l => l.Level is "ERROR" or "FATAL") ?? (logs is [.., var last] ? last : null);
        return new Telemetry
        {
            DeviceId = observed.Name,
            Timestamp = at,
            Status = !status.Healthy ? TelemetryStatus.Error
                : drifted.Count > 0 || usage?.CpuLoad >= BusyCores ? TelemetryStatus.Warn
                : TelemetryStatus.Ok,
            Metrics = new TelemetryMetrics(usage?.CpuLoad ?? 0, usage?.MemoryBytes ?? 0, status.LatencyMs ?? -1),
            ErrorCode = status.Healthy ? null : observed.State == ServiceState.Running ? "probe_failed" : observed.State.ToString().ToLowerInvariant(),
            LogSample = worst?.Msg,
            Note = status.Healthy && drifted.Count > 0 ? $"drift: {string.Join(", ", drifted.Select(d => $"{d.Aspect} {d.Name}"))}" : status.Healthy ? null : status.Detail,
        };
    }

    [GeneratedRegex("error|exception|fatal|panic|refused|timed out|denied|unreachable|no space|read-only", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex TroubleWord();
}
