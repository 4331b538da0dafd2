using System.Globalization;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Monitoring;

namespace Quorate.Engine.Triage.Planning.Rules;

/// <summary>Answers simple questions about one snapshot.</summary>
internal sealed class SiteSnapshotIndex(Site site, SiteSnapshot snapshot)
{
    private readonly Dictionary<string, ServiceStatus> _status = snapshot.Status.Services.GroupBy(s => s.Name).ToDictionary(g => g.Key, g => g.First());

    /// <summary>The state in lower case; <c>completed</c> for a job that ended well and that others only wait for.</summary>
    public string State(string service)
    {
        var seen = snapshot.Find(service);
        var state = seen?.State ?? _status.GetValueOrDefault(service)?.State ?? ServiceState.Missing;
        var isJob = site.Services.Any(s => s.DependsOn.Any(d => d.Service == service && d.Condition == "service_completed_successfully"));
        var notWanted = site.Find(service)?.Replicas == 0;
        return state == ServiceState.Stopped && seen?.ExitCode == 0 && isJob || state is ServiceState.Stopped or ServiceState.Missing && notWanted
            ? "completed"
            : state.ToString().ToLowerInvariant();
    }

    public bool Healthy(string service) =>
        State(service) switch
        {
            "completed" => true,
            "running" => _status.GetValueOrDefault(service)?.Healthy ?? false,
            _ => false,
        };

    public TelemetryMetrics? Metrics(string service) =>
        snapshot.Telemetry.Where(t => t.DeviceId == service).MaxBy(t => t.Timestamp)?.Metrics;

    /// <summary>Drift by aspect, telling what exceeds the declaration from what falls short of it.</summary>
    public IEnumerable<(string Aspect, Drift Drift)> Drift(ServiceSpec spec)
    {
        var seen = snapshot.Find(spec.Name);
        var all = snapshot.Drift.Where(d => d.Service == spec.Name).Concat(seen?.PlatformDrift ?? []).Distinct().ToList();
        if (!all.Exists(d => d.Aspect == "data"))
        {
            all.AddRange((seen?.DataProblems ?? []).Select(p => new Drift(spec.Name, "data", p.Path, "writable", p.Detail)));
        }

        return all.Select(d => (Aspect(spec, d), d));
    }

    private static string Aspect(ServiceSpec spec, Drift drift) => drift.Aspect switch
    {
        "environment" when !Declared(spec, drift.Name) => "environment_extra",
        "replicas" when Count(drift.Actual) > Count(drift.Declared) => "replicas_extra",
        _ => drift.Aspect,
    };

    private static bool Declared(ServiceSpec spec, string name) =>
        spec.Environment.ContainsKey(name) || spec.Process?.Environment.ContainsKey(name) == true;

    private static int Count(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;
}
