using Quorate.Contracts.Sites;

namespace Quorate.Engine.Triage.Planning.Rules;

/// <summary>The names that a rule's <c>when</c> may use, and what each looks at.</summary>
public static class Conditions
{
    /// <summary>What a configuration difference can be about.</summary>
    private static readonly string[] ConfigAreas =
    [
        "setting", "setting_for", "role", "password", "member", "grant", "table", "owner", "column", "index", "constraint", "trigger", "rowsecurity", "policy", "rule",
        "extension", "database", "hba", "user", "replication", "vhost", "permission", "topic_permission", "parameter", "global_parameter", "queue", "exchange", "binding",
        "limit", "conf", "resource", "group", "mount", "container", "dns", "hosts", "route", "firewall", "qdisc",
    ];

    /// <summary>True or false.</summary>
    public static IReadOnlyDictionary<string, Func<ServiceFacts, bool>> Flags { get; } = new Dictionary<string, Func<ServiceFacts, bool>>(StringComparer.Ordinal)
    {
        ["healthy"] = f => f.Healthy,
        ["dependencies_healthy"] = f => f.DependenciesHealthy,
        ["dependants_unhealthy"] = f => f.DependantsUnhealthy,
        ["cpu_high"] = f => f.CpuHigh,
        ["cpu_raised"] = f => f.CpuRaised,
        ["cpu_limited"] = f => f.CpuLimited,
        ["memory_high"] = f => f.MemoryHigh,
        ["latency_high"] = f => f.LatencyHigh,
        ["blamed"] = f => f.Blamed,
        ["site_probe_failing"] = f => f.SiteProbeFailing,
        ["on_failing_path"] = f => f.OnFailingPath,
        ["mentioned"] = f => f.Mentioned,
        ["related"] = f => f.Related,
        ["blames"] = f => f.Blames,
        ["keeps_data"] = f => f.KeepsData,
        ["config_changed"] = f => f.Config.Count > 0,
        ["config_restorable"] = f => f.Restorable.Count > 0,
    };

    /// <summary>A list of which one must apply. Allowed null: names that the rulebook itself defines.</summary>
    public static IReadOnlyDictionary<string, ListCondition> Lists { get; } = new Dictionary<string, ListCondition>(StringComparer.Ordinal)
    {
        ["state"] = new(["running", "stopped", "paused", "missing", "completed"], (f, v) => f.State == v),
        ["engine_health"] = new(["healthy", "unhealthy", "starting", "none"], (f, v) => f.EngineHealth == v),
        ["drift"] = new(
            ["running", "environment", "environment_extra", "image", "command", "networks", "limits", "ports", "replicas", "replicas_extra", "data"],
            (f, v) => f.Drift.Any(d => d.Aspect == v)),
        ["logs"] = new(null, (f, v) => f.Logs.Contains(v)),
        ["config"] = new(ConfigAreas, (f, v) => f.Config.Any(d => d.Area == v)),
        ["condition"] = new(ConditionKinds.All, (f, v) => f.Conditions.Contains(v)),
        ["needed_condition"] = new(ConditionKinds.All, (f, v) => f.NeededConditions.Contains(v)),
        ["anomaly"] = new(["cpu_load", "mem_usage", "latency_ms", "log"], (f, v) => f.Anomalies.Contains(v)),
        ["blamed_for"] = new(null, (f, v) => f.BlamedFor.Contains(v)),
        ["text"] = new(null, (f, v) => f.Text.Contains(v)),
    };

    public sealed record ListCondition(IReadOnlyList<string>? Allowed, Func<ServiceFacts, string, bool> Applies);
}
