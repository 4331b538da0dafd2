using Quorate.Contracts.Sites;

namespace Quorate.Engine.Triage.Planning.Rules;

/// <summary>What code knows of one service. Rules see nothing else.</summary>
public sealed record ServiceFacts
{
    public required string Name { get; init; }

    /// <summary>Place in the Compose file, for stable ties.</summary>
    public required int Index { get; init; }

    /// <summary><c>running</c>, <c>stopped</c>, <c>paused</c>, <c>missing</c>, or <c>completed</c>: a job that ended as it should.</summary>
    public required string State { get; init; }
    public required bool Healthy { get; init; }

    /// <summary>The engine's verdict, or <c>none</c>.</summary>
    public required string EngineHealth { get; init; }
    public required bool DependenciesHealthy { get; init; }
    public required bool DependantsUnhealthy { get; init; }

    /// <summary>Differences by aspect. <c>environment_extra</c> and <c>replicas_extra</c>: more than declared.</summary>
    public required IReadOnlyList<(string Aspect, Drift Drift)> Drift { get; init; }

    /// <summary>CPU load of 0.9 cores or more, not contradicted by evidence.</summary>
    public required bool CpuHigh { get; init; }

    /// <summary>CPU load of 0.5 cores or more and three times that of any other service, not contradicted by evidence.</summary>
    public required bool CpuRaised { get; init; }

    /// <summary>CPU load of 90 % of the service's own limit or more.</summary>
    public required bool CpuLimited { get; init; }

    /// <summary>Memory of 90 % of the service's own limit or more.</summary>
    public required bool MemoryHigh { get; init; }

    /// <summary>The probe took a second or more, or a running service did not answer.</summary>
    public required bool LatencyHigh { get; init; }

    /// <summary>Names of the log patterns found in the last ten minutes.</summary>
    public required IReadOnlySet<string> Logs { get; init; }

    /// <summary>A dependant that is unhealthy names this service in its connection errors.</summary>
    public required bool Blamed { get; init; }

    /// <summary>A probe of the site as a whole that goes to this service fails.</summary>
    public required bool SiteProbeFailing { get; init; }

    /// <summary>This service or one that needs it is where a failing site probe goes to.</summary>
    public required bool OnFailingPath { get; init; }

    /// <summary>The incident text names it.</summary>
    public required bool Mentioned { get; init; }

    /// <summary>Groups of words that the incident text has.</summary>
    public required IReadOnlySet<string> Text { get; init; }

    /// <summary>Differences from the healthy site that the Compose file does not declare, in the order in which they are to be put back.</summary>
    public IReadOnlyList<ConfigurationDifference> Config { get; init; } = [];

    /// <summary>Keys of those that have a safe inverse.</summary>
    public IReadOnlyList<string> Restorable { get; init; } = [];

    /// <summary>What it says itself is wrong with it: <see cref="ConditionKinds"/>.</summary>
    public IReadOnlySet<string> Conditions { get; init; } = new HashSet<string>();

    /// <summary>What those that it needs say is wrong with them.</summary>
    public IReadOnlySet<string> NeededConditions { get; init; } = new HashSet<string>();

    /// <summary>What is not as usual: a metric's name, or <c>log</c> for lines of a new form.</summary>
    public IReadOnlySet<string> Anomalies { get; init; } = new HashSet<string>();

    /// <summary>Patterns in the log lines of unhealthy dependants, or of those on a failing path, that name this service.</summary>
    public IReadOnlySet<string> BlamedFor { get; init; } = new HashSet<string>();

    /// <summary>Its own log names a service that it needs in connection errors.</summary>
    public bool Blames { get; init; }

    /// <summary>It keeps data in a volume or folder, which outlives a restart.</summary>
    public bool KeepsData { get; init; }

    /// <summary>The incident has to do with it: named, unhealthy, needed by something unhealthy, or on a failing path.</summary>
    public bool Related => Mentioned || !Healthy || DependantsUnhealthy || OnFailingPath;
}
