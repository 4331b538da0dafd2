using System.Globalization;
using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Baseline;
using Quorate.Engine.Triage.Monitoring;
using Quorate.Engine.Triage.Planning;

namespace Quorate.Tests.Unit.Planning;

/// <summary>A shop as planners see it: edge -> api -> store, cache, queue; worker -> queue, store. Healthy until something is broken.</summary>
internal sealed class Shop
{
    public static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly string[] Names = ["edge", "api", "store", "cache", "queue", "worker"];

    private readonly Dictionary<string, ServiceState> _states = Names.ToDictionary(n => n, _ => ServiceState.Running);
    private readonly HashSet<string> _sick = [];
    private readonly List<Drift> _drift = [];
    private readonly Dictionary<string, double> _cpu = [];
    private readonly Dictionary<string, List<LogLine>> _logs = [];
    private readonly List<string> _failures = [];
    private readonly List<PlanHistory> _history = [];
    private readonly List<(ConfigurationDifference Difference, bool Restorable)> _differences = [];
    private readonly List<(string Service, string Kind)> _conditions = [];
    private readonly List<Anomaly> _anomalies = [];

    public string Text { get; set; } = "something is wrong with the shop";

    public static Site Site { get; } = new()
    {
        Name = "shop",
        Id = "shop-0badcafe",
        ComposeFile = "/srv/shop/compose.yml",
        Services =
        [
            Service("edge", 8080, ["api"], ("API_URL", "http://127.0.0.1:8081")),
            Service("api", 8081, ["store", "cache", "queue"], ("STORE_URL", "http://127.0.0.1:8082"), ("CACHE_URL", "http://127.0.0.1:8083")),
            Service("store", 8082, []),
            Service("cache", 8083, []),
            Service("queue", 8084, []) with { Volumes = [new VolumeMount("queue-data", "/data", false, "volume")] },
            Service("worker", 8085, ["queue", "store"], ("STORE_URL", "http://127.0.0.1:8082")),
        ],
        Probes = [new SiteProbe("place an order", "edge", new Uri("http://127.0.0.1:8080/orders"), "POST", "{}", 201)],
    };

    public Shop State(string service, ServiceState state)
    {
        _states[service] = state;
        return Sick(service);
    }

    public Shop Sick(params string[] services)
    {
        _sick.UnionWith(services);
        return this;
    }

    public Shop Drift(string service, string aspect, string name, string? declared = "declared", string? actual = "actual")
    {
        _drift.Add(new Drift(service, aspect, name, declared, actual));
        return this;
    }

    public Shop Cpu(string service, double cores)
    {
        _cpu[service] = cores;
        return this;
    }

    public Shop Log(string service, string message, int minutesAgo = 1)
    {
        _logs.TryAdd(service, []);
        _logs[service].Add(new LogLine { Ts = Now.AddMinutes(-minutesAgo), Level = "ERROR", Service = service, Msg = message });
        return this;
    }

    public Shop Fails(string failure)
    {
        _failures.Add(failure);
        return this;
    }

    /// <summary>A value that is not as while healthy, said by the service itself.</summary>
    public Shop Config(string service, string key, bool restorable = true)
    {
        _differences.Add((new ConfigurationDifference(service, key, "healthy", "actual"), restorable));
        return this;
    }

    public Shop Condition(string service, string kind)
    {
        _conditions.Add((service, kind));
        return this;
    }

    /// <summary>A reading that is out of line with the healthy site's.</summary>
    public Shop Unusual(string service, string kind)
    {
        _anomalies.Add(new Anomaly(service, kind, 8, "it is more than usual"));
        return this;
    }

    /// <summary>Says that the plan ran, every task with the status given.</summary>
    public Shop Ran(Plan plan, string[]? deviations = null, bool undone = false, bool ok = true)
    {
        var results = plan.Tasks.ToDictionary(t => t.TaskId, t => ok || !TaskCatalog.ChangesWorld(t.Type) ? TaskResult.Ok("done") : TaskResult.Fail("failed"));
        _history.Add(new PlanHistory(plan, results, deviations ?? [], undone));
        return this;
    }

    public Shop Looked() => Ran(new Plan
    {
        PlanId = "plan-look",
        RootGoal = "look",
        CreatedAt = Now,
        PlanVersion = 1,
        Tasks = [new PlanTask { TaskId = "e1", Type = "check_health", Target = "edge", AssignedTo = AgentNames.Monitor }],
    });

    public PlanningContext Context() => new()
    {
        IncidentId = "incident-1",
        IncidentText = Text,
        Site = Site,
        Platform = "process",
        NextVersion = _history.Count + 1,
        History = [.. _history],
        Snapshot = Snapshot(),
    };

    private SiteSnapshot Snapshot() => new()
    {
        At = Now,
        Status = new SiteStatus("process", _sick.Count == 0 && _failures.Count == 0, [.. Names.Select(n => new ServiceStatus { Name = n, State = _states[n], Healthy = !_sick.Contains(n), LatencyMs = 4 })])
        {
            Failures = _failures,
        },
        Observations = [.. Names.Select(n => new ServiceObservation { Name = n, State = _states[n], Replicas = 1 })],
        Telemetry = [.. Names.Select(n => new Telemetry
        {
            DeviceId = n,
            Timestamp = Now,
            Status = _sick.Contains(n) ? TelemetryStatus.Error : TelemetryStatus.Ok,
            Metrics = new TelemetryMetrics(_cpu.GetValueOrDefault(n, 0.05), 50e6, _states[n] == ServiceState.Running && !_sick.Contains(n) ? 4 : -1),
        })],
        Drift = _drift,
        Anomalies = _anomalies,
        Configuration = new ConfigurationView(
            new SiteConfiguration
            {
                TakenAt = Now,
                Services = [.. Names.Select(n => new ServiceConfiguration
                {
                    Service = n,
                    Kind = "container",
                    Items = new Dictionary<string, string>(),
                    Conditions = [.. _conditions.Where(c => c.Service == n).Select(c => new ServiceCondition(c.Kind, "it says so"))],
                })],
            },
            [.. _differences.Select(d => d.Difference)],
            _differences.Where(d => d.Restorable).Select(d => d.Difference).ToHashSet(),
            new HashSet<ConfigurationDifference>()),
        Logs = _logs.ToDictionary(l => l.Key, l => (IReadOnlyList<LogLine>)l.Value),
    };

    private static ServiceSpec Service(string name, int port, string[] needs, params (string Name, string Value)[] environment) => new()
    {
        Name = name,
        Image = "shop/" + name,
        Environment = environment.Append(("PORT", port.ToString(CultureInfo.InvariantCulture))).ToDictionary(e => e.Item1, e => e.Item2),
        DependsOn = [.. needs.Select(n => new ServiceDependency(n, "service_started"))],
        Ports = [new PortMapping("127.0.0.1", port, port, "tcp")],
        Health = new Uri($"http://127.0.0.1:{port}/healthz"),
    };
}

/// <summary>Ids 1, 2, 3 …</summary>
internal sealed class CountingIds : IIdSource
{
    private int _last;

    public string Next(string prefix) => $"{prefix}-{Interlocked.Increment(ref _last)}";
}
