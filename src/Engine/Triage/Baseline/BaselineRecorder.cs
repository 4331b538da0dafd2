using Quorate.Contracts;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Monitoring;

namespace Quorate.Engine.Triage.Baseline;

/// <summary>Records how a healthy site is: its configuration, a few seconds of readings, and the forms of its log lines.</summary>
public sealed class BaselineRecorder(Site site, IPlatform platform, SiteProber prober, ISiteInspector? inspector, TimeProvider time)
{
    /// <summary>Readings of each series.</summary>
    public const int Samples = 5;

    /// <summary>Rounds of probes that may fail before the site counts as unhealthy: a busy machine is not a broken site.</summary>
    private const int MaxBadRounds = 2;

    private const int MaxTemplates = 60;
    private const int MaxTemplateLength = 300;
    private const int LogTail = 2_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan SampleInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LogAge = TimeSpan.FromMinutes(10);

    /// <summary>The baseline, or why there is none: what is unhealthy, one sentence each.</summary>
    public async Task<(HealthyBaseline? Baseline, IReadOnlyList<string> Unhealthy)> RecordAsync(CancellationToken cancellationToken)
    {
        var capturing = inspector?.CaptureAsync(Patience, cancellationToken) ?? Task.FromResult<SiteConfiguration>(null!);
        var readings = site.Services.ToDictionary(s => s.Name, _ => new Dictionary<string, List<double>>(StringComparer.Ordinal), StringComparer.Ordinal);
        var bad = 0;
        for (var i = 0; i < Samples + bad; i++)
        {
            var observed = await platform.ObserveAsync(cancellationToken);
            var status = await prober.ProbeAsync(observed, cancellationToken);
            if (!status.Healthy && ++bad > MaxBadRounds)
            {
                await ((Task)capturing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return (null, [.. status.Services.Where(s => !s.Healthy).Select(s => $"{s.Name}: {s.Detail}"), .. status.Failures]);
            }

            await Task.WhenAll(status.Healthy ? observed.Where(o => o.State == ServiceState.Running).Select(o => ReadAsync(o.Name, status, readings[o.Name], cancellationToken)) : []);
            await Task.Delay(i + 1 < Samples + bad ? SampleInterval : TimeSpan.Zero, time, cancellationToken);
        }

        var configuration = await capturing;
        var logs = await Task.WhenAll(site.Services.Select(s => ReadTemplatesAsync(s.Name, cancellationToken)));
        return (new HealthyBaseline
        {
            Version = HealthyBaseline.CurrentVersion,
            SiteId = site.Id,
            ComposeHash = HealthyBaseline.HashOf(site),
            Platform = platform.Name,
            RecordedAt = time.GetUtcNow(),
            Configuration = configuration,
            Services = [.. site.Services.Select((s, i) => new ServiceNorm
            {
                Service = s.Name,
                Series = readings[s.Name].Where(r => r.Value.Count > 0).ToDictionary(r => r.Key, r => RobustStatistics.Norm(r.Value)!, StringComparer.Ordinal),
                Logs = logs[i],
            })],
        }, []);
    }

    private async Task ReadAsync(string service, SiteStatus status, Dictionary<string, List<double>> series, CancellationToken cancellationToken)
    {
        void Keep(string name, double? value)
        {
            if (value is { } known)
            {
                series.TryAdd(name, []);
                series[name].Add(known);
            }
        }

        Keep("latency_ms", status.Services.FirstOrDefault(s => s.Name == service)?.LatencyMs);
        try
        {
            var usage = await platform.ReadUsageAsync(service, cancellationToken);
            Keep("cpu_load", usage?.CpuLoad);
            Keep("mem_usage", usage?.MemoryBytes);
        }
        catch (PlatformException)
        {
            // A sample less.
        }
    }

    private async Task<IReadOnlyList<LogTemplate>> ReadTemplatesAsync(string service, CancellationToken cancellationToken)
    {
        try
        {
            var lines = await platform.ReadLogsAsync(service, new LogQuery(time.GetUtcNow() - LogAge, LogTail), cancellationToken);
            return Templates(lines);
        }
        catch (PlatformException)
        {
            return [];
        }
    }

    /// <summary>The forms of these lines with their rate over the time that they span, at least a minute.</summary>
    public static IReadOnlyList<LogTemplate> Templates(IReadOnlyList<LogLine> lines)
    {
        var miner = new LogTemplateMiner();
        miner.AddRange(lines);
        var minutes = lines.Count == 0 ? 1 : Math.Max(1, (lines.Max(l => l.Ts) - lines.Min(l => l.Ts)).TotalMinutes);
        return [.. miner.Templates.Take(MaxTemplates).Select(t => new LogTemplate(PlainText.Line(SecretMask.Value("", t.Text)!, MaxTemplateLength), Math.Round(t.Lines / minutes, 3)))];
    }
}
