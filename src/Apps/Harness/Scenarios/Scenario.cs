using System.Text.Json.Serialization;

namespace Quorate.Harness.Scenarios;

/// <summary>One experiment: a site, what is done to it, and what a right diagnosis says. <c>docs/schemas/scenario.json</c> describes the file.</summary>
public sealed record Scenario
{
    public required string Name { get; init; }

    /// <summary>What happens, in one sentence.</summary>
    public required string Summary { get; init; }

    /// <summary>The Compose file as the scenario writes it, relative to the scenario's folder.</summary>
    public required string Site { get; init; }

    /// <summary>Full path of the Compose file.</summary>
    [JsonIgnore]
    public string ComposeFile { get; init; } = "";

    /// <summary>Where it can run: <c>process</c>, <c>docker</c>; the first is chosen when none is named.</summary>
    public required IReadOnlyList<string> Platform { get; init; }
    public Load? Load { get; init; }

    /// <summary>None: a control, in which nothing may be done.</summary>
    public IReadOnlyList<ScenarioFault> Faults { get; init; } = [];
    public IReadOnlyList<Disturbance> Disturbances { get; init; } = [];

    /// <summary>What a person might write; a run's seed draws one.</summary>
    public required IReadOnlyList<string> Incidents { get; init; }

    /// <summary>Probability of each disturbance, 0–1.</summary>
    public double Noise { get; init; }

    /// <summary>Seconds that every probe must pass without a break.</summary>
    public double StabilityWindowS { get; init; } = 3;
    public long Seed { get; init; }
    public Expectation? Expected { get; init; }

    /// <summary>Seconds for one triage.</summary>
    public double TimeoutS { get; init; } = 120;

    [JsonIgnore]
    public string FaultNames => Faults.Count == 0 ? "none" : string.Join("+", Faults.Select(f => f.Name));
}

/// <summary>Requests of users, made from the site's own probes. Rate: requests a second; Mix: percentage of those that write among them; Seed null: the run's.</summary>
public sealed record Load(double Rate, double Mix, long? Seed);

/// <summary>Target null: the fault's own. AtS: seconds after the load began.</summary>
public sealed record ScenarioFault(string Name, string? Target, double AtS);

/// <summary>Something harmless that really happens. AtS: seconds after the load began; Seconds: how long a burst lasts; Times: how much more load there is.</summary>
public sealed record Disturbance(DisturbanceKind Kind, string? Target, double AtS, double Seconds, double Times)
{
    /// <summary>True: it happens whatever the noise level is.</summary>
    public bool Always { get; init; }
}

public enum DisturbanceKind
{
    /// <summary>A service nobody misses for a moment is restarted.</summary>
    Restart,

    /// <summary>Requests for pages that do not exist, which services log.</summary>
    LogBurst,
    LoadBurst,
}

/// <summary>What a right diagnosis names: the service, and any of these words in the cause (none: the service is enough).</summary>
public sealed record Expectation(string RootService, IReadOnlyList<string> RootCauses);
