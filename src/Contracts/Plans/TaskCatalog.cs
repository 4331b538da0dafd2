namespace Quorate.Contracts.Plans;

/// <summary>The kinds of value a task's argument may have.</summary>
public enum ArgKind
{
    /// <summary>A string of at most <see cref="ArgSpec.Max"/> characters.</summary>
    Text,

    /// <summary>A whole number between <see cref="ArgSpec.Min"/> and <see cref="ArgSpec.Max"/>.</summary>
    Integer,

    /// <summary>A number between <see cref="ArgSpec.Min"/> and <see cref="ArgSpec.Max"/>.</summary>
    Number,

    /// <summary>A duration such as <c>30s</c>, <c>5m</c>, <c>1h</c>, between Min and Max seconds.</summary>
    Duration,
}

/// <summary>One argument of a task type. Min and Max bound the number, the seconds, or the text's length.</summary>
public sealed record ArgSpec(string Name, ArgKind Kind, double Min, double Max, bool Required, string Summary);

/// <summary>One type of task: who does it, what it takes, and whether it changes the world.</summary>
public sealed record TaskTypeSpec(string Name, string Agent, bool ChangesWorld, string Summary, IReadOnlyList<ArgSpec> Args);

/// <summary>The names of the five agents.</summary>
public static class AgentNames
{
    public const string Log = "LogAgent";
    public const string Metric = "MetricAgent";
    public const string Action = "ActionAgent";
    public const string Runbook = "RunbookAgent";
    public const string Monitor = "MonitorAgent";
}

/// <summary>
/// The allow-list of everything a plan may contain. A type that is not here does not exist:
/// the validator refuses it, the planner's prompt lists exactly these, and the agents implement exactly these.
/// </summary>
public static class TaskCatalog
{
    public static IReadOnlyDictionary<string, TaskTypeSpec> Types { get; } = new TaskTypeSpec[]
    {
        new("check_logs", AgentNames.Log, false, "Search a service's recent log lines.",
        [
            new("pattern", ArgKind.Text, 0, 500, false, "Regular expression; default: errors and exceptions."),
            new("lookback", ArgKind.Duration, 1, 86_400, false, "How far back; default 5m."),
            new("top_k", ArgKind.Integer, 1, 50, false, "Lines to return; default 5."),
        ]),
        new("check_metrics", AgentNames.Metric, false, "Read a service's metrics: level, trend, threshold, anomaly.",
        [
            new("metric", ArgKind.Text, 1, 200, false, "Metric name; default: cpu_load, mem_usage and latency_ms."),
            new("threshold", ArgKind.Number, -1e12, 1e12, false, "A value above this is reported."),
            new("lookback", ArgKind.Duration, 1, 86_400, false, "Window; default 5m."),
        ]),
        new("check_health", AgentNames.Monitor, false, "Probe one service from outside: state, health check, ports.", []),
        new("check_drift", AgentNames.Monitor, false, "Compare a service as it runs with the service as declared.", []),
        new("check_config", AgentNames.Monitor, false, "Compare a service's effective configuration, as its own admin interface tells it, with that of the healthy site.", []),
        new("verify", AgentNames.Monitor, false, "Hold probes of one service and its dependants through a window.",
        [
            new("window", ArgKind.Duration, 0, 600, false, "How long it must stay healthy; default 3s."),
        ]),
        new("search_runbook", AgentNames.Runbook, false, "Find runbook passages for a question.",
        [
            new("query", ArgKind.Text, 1, 500, true, "What to look for."),
            new("top_k", ArgKind.Integer, 1, 20, false, "Passages to return; default 3."),
        ]),
        new("http_check", AgentNames.Action, false, "Send one GET to an endpoint of the service and check the status.",
        [
            new("path", ArgKind.Text, 1, 500, false, "Path on the service's own endpoint; default its health path."),
            new("expect_status", ArgKind.Integer, 100, 599, false, "Default: any below 500."),
        ]),
        new("restart", AgentNames.Action, true, "Stop and start a service as it is.", []),
        new("start", AgentNames.Action, true, "Start a service that is stopped or missing.", []),
        new("unpause", AgentNames.Action, true, "Let a paused service go on.", []),
        new("reconcile", AgentNames.Action, true, "Recreate a service as the Compose file declares it, its data kept.", []),
        new("set_env", AgentNames.Action, true, "Set one environment variable back to its declared value.",
        [
            new("name", ArgKind.Text, 1, 200, true, "The variable; the value always comes from the Compose file."),
        ]),
        new("restore_config", AgentNames.Action, true, "Put one value that differs from the healthy site back through the service's admin interface.",
        [
            new("key", ArgKind.Text, 1, 200, true, "The key of the difference, as check_config lists it; the value always comes from the healthy site."),
        ]),
        new("end_sessions", AgentNames.Action, true, "End database sessions that hold up others, or of the client that uses up all connections.", []),
        new("scale", AgentNames.Action, true, "Bring a service back to its declared number of replicas.", []),
        new("exec", AgentNames.Action, true, "Run a command that the configuration allows by name.",
        [
            new("command", ArgKind.Text, 1, 100, true, "The allow-listed name, never a command line."),
        ]),
        new("kubectl_rollout_restart", AgentNames.Action, true, "Restart a Kubernetes deployment of the service's name.",
        [
            new("namespace", ArgKind.Text, 1, 63, false, "Default: default."),
        ]),
    }.ToDictionary(t => t.Name, StringComparer.Ordinal);

    public static bool ChangesWorld(string type) => Types.TryGetValue(type, out var spec) && spec.ChangesWorld;
}
