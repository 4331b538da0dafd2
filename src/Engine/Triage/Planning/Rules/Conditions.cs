namespace Quorate.Engine.Triage.Planning.Rules;

/// <summary>The names that a rule's <c>when</c> may use, and what each looks at.</summary>
public static class Conditions
{
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
        ["text"] = new(null, (f, v) => f.Text.Contains(v)),
    };

    public sealed record ListCondition(IReadOnlyList<string>? Allowed, Func<ServiceFacts, string, bool> Applies);
}
