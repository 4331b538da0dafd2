using System.Text.Json;
using System.Text.RegularExpressions;
using Quorate.Contracts.Sites;

namespace Quorate.Engine.Triage.Planning.Rules;

/// <summary>Turns a snapshot and the evidence gathered into facts. Log text is only ever matched against patterns.</summary>
internal sealed class FactCollector(PlanningContext context, Rulebook rulebook, SiteGraph graph)
{
    private const double HighCpuCores = 0.9;
    private const double RaisedCpuCores = 0.5;
    private const double RaisedCpuRatio = 3;
    private const double HighShare = 0.9;
    private const double HighLatencyMs = 1000;
    private const int MaxLinesPerService = 200;
    private const int MaxLineLength = 2000;
    private static readonly TimeSpan LogAge = TimeSpan.FromMinutes(10);
    private static readonly string[] ConnectionPatterns = ["connection_refused", "name_unknown", "timeout"];

    // The difference from the declaration says the same, and what undoes it.
    private static readonly string[] DeclaredAreas = ["env"];

    private readonly SiteSnapshotIndex _seen = new(context.Site, context.Snapshot);
    private readonly IncidentWords _text = new(context.IncidentText);

    public IReadOnlyList<ServiceFacts> Collect()
    {
        var groups = rulebook.Text.Where(g => g.Value.Any(_text.Has)).Select(g => g.Key).ToHashSet(StringComparer.Ordinal);
        var failures = context.Snapshot.Status.Failures;
        var failing = context.Site.Probes.Where(p => failures.Any(f => f.Contains(p.Name, StringComparison.Ordinal))).Select(p => p.Service)
            .Concat(context.Site.Services.Where(s => failures.Any(f => new IncidentWords(f).Has(IncidentWords.Fold(s.Name)))).Select(s => s.Name))
            .ToHashSet(StringComparer.Ordinal);
        var hits = context.Site.Services.ToDictionary(s => s.Name, s => LogHits(s.Name), StringComparer.Ordinal);
        return [.. context.Site.Services.Select((s, i) => Facts(s, i, groups, failing, hits))];
    }

    private ServiceFacts Facts(ServiceSpec spec, int index, HashSet<string> groups, HashSet<string> failing, Dictionary<string, List<(string Pattern, string Line)>> hits)
    {
        var name = spec.Name;
        var seen = context.Snapshot.Find(name);
        var metrics = _seen.Metrics(name);
        var load = LookedAt(name, "cpu_load") ?? metrics?.CpuLoad;
        var state = _seen.State(name);
        var said = context.Snapshot.Configuration;
        var differences = said?.Of(name).Where(d => !DeclaredAreas.Contains(d.Area, StringComparer.Ordinal))
            .OrderBy(d => d.Precedence).ToList() ?? [];
        var sick = graph.Dependants(name).Where(d => !_seen.Healthy(d)).ToList();
        return new ServiceFacts
        {
            Name = name,
            Index = index,
            State = state,
            Healthy = _seen.Healthy(name),
            EngineHealth = seen?.EngineHealth ?? "none",
            DependenciesHealthy = graph.Needs(name).All(_seen.Healthy),
            DependantsUnhealthy = sick.Count > 0,
            Drift = [.. _seen.Drift(spec)],
            CpuHigh = state == "running" && load >= HighCpuCores && !EvidenceDenies(name, "cpu_load", HighCpuCores),
            CpuRaised = state == "running" && load >= RaisedCpuCores && load >= RaisedCpuRatio * OthersCpu(name) && !EvidenceDenies(name, "cpu_load", RaisedCpuCores),
            CpuLimited = state == "running" && seen?.Cpus is > 0 and var cpus && load >= HighShare * cpus,
            MemoryHigh = state == "running" && seen?.MemoryBytes is > 0 and var memory && metrics?.MemUsage >= HighShare * memory,
            LatencyHigh = state == "running" && metrics is { LatencyMs: < 0 or >= HighLatencyMs },
            Logs = hits[name].Select(h => h.Pattern).ToHashSet(StringComparer.Ordinal),
            Blamed = sick.Any(d => hits[d].Any(h => ConnectionPatterns.Contains(h.Pattern, StringComparer.Ordinal) && NamesService(h.Line, spec))),
            SiteProbeFailing = failing.Contains(name),
            OnFailingPath = failing.Contains(name) || graph.Dependants(name).Any(failing.Contains),
            Mentioned = Mentions(spec),
            Text = groups,
            Config = differences,
            Restorable = [.. differences.Where(d => said!.Restorable.Contains(d)).Select(d => d.Key)],
            Conditions = ConditionsOf(name),
            NeededConditions = graph.Needs(name).SelectMany(ConditionsOf).ToHashSet(StringComparer.Ordinal),
            Anomalies = context.Snapshot.Anomalies.Where(a => a.Service == name).Select(a => a.Kind).ToHashSet(StringComparer.Ordinal),
            BlamedFor = graph.Dependants(name).Where(d => !_seen.Healthy(d) || failing.Contains(d) || graph.Dependants(d).Any(failing.Contains))
                .SelectMany(d => hits[d]).Where(h => NamesService(h.Line, spec)).Select(h => h.Pattern).ToHashSet(StringComparer.Ordinal),
            Blames = hits[name].Any(h => ConnectionPatterns.Contains(h.Pattern, StringComparer.Ordinal) && graph.Needs(name).Any(n => NamesService(h.Line, context.Site.Find(n)!))),
            KeepsData = spec.Volumes.Any(v => !v.ReadOnly && v.Type != "tmpfs") || spec.Process is { Data.Count: > 0 },
        };
    }

    /// <summary>The busiest of the others: on a machine short of processor time, a hog does not get a whole core either.</summary>
    private double OthersCpu(string service) =>
        context.Site.Services.Where(s => s.Name != service).Select(s => _seen.Metrics(s.Name)?.CpuLoad ?? 0).DefaultIfEmpty(0).Max();

    private bool Mentions(ServiceSpec spec) =>
        _text.Has(IncidentWords.Fold(spec.Name))
        || rulebook.Names.Any(n => n.Words.Any(_text.Has) && (Matches(n.Services, spec.Name) || Matches(n.Services, spec.Image ?? "")));

    private List<(string Pattern, string Line)> LogHits(string service)
    {
        var oldest = context.Snapshot.At - LogAge;
        var lines = context.Snapshot.Logs.TryGetValue(service, out var read) ? read : [];
        return [.. lines.Where(l => l.Ts >= oldest).TakeLast(MaxLinesPerService).Select(Text)
            .SelectMany(line => rulebook.Logs.Where(p => Matches(p.Value, line)).Select(p => (p.Key, line)))];
    }

    private static string Text(LogLine line)
    {
        var text = line.Meta is null ? line.Msg : line.Msg + " " + string.Join(' ', line.Meta.Values);
        return text.Length > MaxLineLength ? text[..MaxLineLength] : text;
    }

    private HashSet<string> ConditionsOf(string service) =>
        context.Snapshot.Configuration?.Now.Find(service)?.Conditions.Select(c => c.Kind).ToHashSet(StringComparer.Ordinal) ?? [];

    private bool NamesService(string line, ServiceSpec spec) =>
        new IncidentWords(line).Has(IncidentWords.Fold(spec.Name))
        || context.Snapshot.Find(spec.Name)?.Addresses.Any(a => line.Contains("/" + a + ":", StringComparison.Ordinal) || line.Contains("/" + a + "/", StringComparison.Ordinal)) == true
        || SiteGraph.ReachesPort(line, spec);

    private static bool Matches(Regex pattern, string text)
    {
        try
        {
            return pattern.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }

    /// <summary>The mean of several readings, when the last plan that was carried out took them: a snapshot has the time for one, while everything else is asked too.</summary>
    private double? LookedAt(string service, string metric) =>
        context.History.LastOrDefault(h => h.Results.Count > 0) is { } last
            && last.Plan.Tasks.FirstOrDefault(t => t.Type == "check_metrics" && t.Target == service) is { } task
            && last.Results.GetValueOrDefault(task.TaskId)?.Meta.GetValueOrDefault(metric) is { ValueKind: JsonValueKind.Object } series
            && series.TryGetProperty("mean", out var mean) && mean.ValueKind == JsonValueKind.Number
            ? mean.GetDouble() : null;

    /// <summary>The newest look at the metric says that it is below the limit: what the snapshot caught was a moment.</summary>
    private bool EvidenceDenies(string service, string metric, double limit) =>
        context.History.Reverse()
            .SelectMany(h => h.Plan.Tasks.Where(t => t.Type == "check_metrics" && t.Target == service).Select(t => h.Results.GetValueOrDefault(t.TaskId)))
            .Select(r => r is not null && r.Meta.TryGetValue(metric, out var value) ? Number(value) : null)
            .FirstOrDefault(v => v is not null) < limit;

    /// <summary>A number, or the <c>mean</c> of a series, or its newest value (<c>last</c>).</summary>
    private static double? Number(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number ? value.GetDouble()
        : value.ValueKind == JsonValueKind.Object && (value.TryGetProperty("mean", out var last) || value.TryGetProperty("last", out last)) && last.ValueKind == JsonValueKind.Number ? last.GetDouble()
        : null;
}
