using System.Globalization;
using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Monitoring;

namespace Quorate.Engine.Triage.Agents;

/// <summary>
/// Reads a service's metrics: cpu_load (cores), mem_usage (bytes) and latency_ms by itself, any other from the service's
/// Prometheus text, and the range of each from a Prometheus server when the site has one.
/// </summary>
public sealed class MetricAgent(Site site, IPlatform platform, SiteProber prober, HttpClient http, TimeProvider time) : IAgent
{
    private const int Samples = 3;
    private const double BusyCores = 0.9;
    private const double SlowMs = 1_000;
    private static readonly TimeSpan ScrapeTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DefaultLookback = TimeSpan.FromMinutes(5);
    private static readonly string[] BuiltIn = ["cpu_load", "mem_usage", "latency_ms"];

    public string Name => AgentNames.Metric;

    public async Task<TaskResult> ExecuteAsync(PlanTask task, TaskContext context, CancellationToken cancellationToken)
    {
        var spec = site.Find(task.Target);
        if (spec is null)
        {
            return ResultKeys.Refuse($"{task.Target} is not a service of the site");
        }

        var names = task.Text("metric") is { Length: > 0 } metric ? [metric] : BuiltIn;
        if (!PrometheusText.IsName(names[0]))
        {
            return ResultKeys.Refuse($"metric \"{PlainText.Line(names[0], 80)}\" is not a metric name");
        }

        try
        {
            var observed = (await platform.ObserveAsync(cancellationToken)).FirstOrDefault(o => o.Name == spec.Name);
            // What does not run has no present values, and waiting for it to answer would only cost time; its past may be known.
            var runs = observed?.State == ServiceState.Running;
            var sampling = runs && names.Any(n => BuiltIn.Contains(n, StringComparer.Ordinal)) ? SampleAsync(spec, observed!, cancellationToken) : Task.FromResult<Dictionary<string, MetricSeries>>([]);
            var scraped = runs ? await ScrapeAsync(spec, cancellationToken) : [];
            var local = await sampling;
            var found = new Dictionary<string, MetricSeries>(StringComparer.Ordinal);
            foreach (var name in names)
            {
                if (await FindAsync(task, name, local, scraped, cancellationToken) is { Count: > 0 } series)
                {
                    found[name] = series;
                }
            }

            return Summarise(task, found, scraped.Count);
        }
        catch (PlatformException e)
        {
            return TaskResult.Fail($"metrics of {task.Target} cannot be read: {e.Message}", (ResultKeys.Retryable, e.Retryable));
        }
    }

    private async Task<MetricSeries?> FindAsync(PlanTask task, string name, Dictionary<string, MetricSeries> local, IReadOnlyList<MetricSample> scraped, CancellationToken cancellationToken)
    {
        if (local.TryGetValue(name, out var sampled))
        {
            return sampled;
        }

        if (site.Prometheus is { } server
            && await new PrometheusClient(http, server, time).QueryRangeAsync(name, task.Target, task.Duration("lookback", DefaultLookback), cancellationToken) is { } range)
        {
            return range;
        }

        var now = scraped.Where(s => s.Name == name && double.IsFinite(s.Value)).ToList();
        return now.Count == 0 ? null : new MetricSeries([(0, now.Sum(s => s.Value))]);
    }

    private async Task<Dictionary<string, MetricSeries>> SampleAsync(ServiceSpec spec, ServiceObservation observed, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var cpu = new List<(double, double)>();
        var memory = new List<(double, double)>();
        var probing = prober.ProbeServiceAsync(spec, observed, cancellationToken);
        for (var i = 0; i < Samples; i++)
        {
            // Each reading spans a window of its own, so they follow each other without a gap.
            var at = time.GetElapsedTime(began).TotalSeconds;
            if (await platform.ReadUsageAsync(spec.Name, cancellationToken) is { } usage)
            {
                cpu.Add((at, usage.CpuLoad));
                memory.Add((at, usage.MemoryBytes));
            }
        }

        List<(double, double)> latency = (await probing).LatencyMs is { } ms ? [(0, ms)] : [];
        return new(StringComparer.Ordinal) { ["cpu_load"] = new(cpu), ["mem_usage"] = new(memory), ["latency_ms"] = new(latency) };
    }

    private async Task<IReadOnlyList<MetricSample>> ScrapeAsync(ServiceSpec spec, CancellationToken cancellationToken) =>
        spec.Metrics is { } url && await BoundedHttp.GetTextAsync(http, url, ScrapeTimeout, time, cancellationToken) is { } text
            ? PrometheusText.Parse(text)
            : [];

    private static TaskResult Summarise(PlanTask task, Dictionary<string, MetricSeries> found, int scraped)
    {
        if (found.Count == 0)
        {
            var text = $"{task.Target} has no such metric now: it does not run, or does not expose {task.Text("metric") ?? "any"}.";
            return TaskResult.Ok(text, (ResultKeys.Finding, text), ("scraped_samples", scraped));
        }

        var threshold = task.Number("threshold");
        var findings = found.SelectMany(f => Findings(f.Key, f.Value, threshold)).ToList();
        var levels = string.Join(", ", found.Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.Key} {f.Value.Last:0.###}")));
        var meta = found.Select(f => (f.Key, (object?)new
        {
            f.Value.Last,
            f.Value.Mean,
            f.Value.Min,
            f.Value.Max,
            Samples = f.Value.Count,
            SlopePerSecond = f.Value.Slope(),
            RobustZ = f.Value.RobustZ(),
        })).ToList();
        meta.Add(("scraped_samples", scraped));
        meta.Add((ResultKeys.Finding, findings.Count == 0 ? null : $"{task.Target}: {string.Join("; ", findings)}"));
        return TaskResult.Ok(findings.Count == 0 ? $"{task.Target}: {levels}." : $"{task.Target}: {levels}; {string.Join("; ", findings)}.", [.. meta]);
    }

    private static IEnumerable<string> Findings(string name, MetricSeries series, double? threshold)
    {
        if (threshold is { } limit && series.Last > limit)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{name} is above the threshold {limit:0.###}");
        }

        // A moment of load is no finding: every sample has to be high.
        if (name == "cpu_load" && series.Min >= BusyCores)
        {
            yield return "the CPU load stays at a core or near it";
        }

        if (name == "latency_ms" && series.Last >= SlowMs)
        {
            yield return "the health check answers slowly";
        }

        if (series.RobustZ() is { } z && Math.Abs(z) > MetricSeries.AnomalyZ)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{name} is out of line with its past (robust z {z:0.0})");
        }
    }
}
