using Quorate.Contracts;
using Quorate.Contracts.Sites;
using Quorate.Engine.Approval;
using Quorate.Engine.Ports;
using Quorate.Engine.Triage.Agents;
using Quorate.Engine.Triage.Baseline;
using Quorate.Engine.Triage.Planning;
using Quorate.Engine.Triage.Scheduling;

namespace Quorate.Engine.Triage;

/// <summary>What the engine works with; the composition root fills it in.</summary>
public sealed record TriageServices
{
    public required Site Site { get; init; }
    public required IPlatform Platform { get; init; }
    public required IPlanner Planner { get; init; }
    public required ILedger Ledger { get; init; }
    public required ILeaseStore Leases { get; init; }
    public required IKeyRing Keys { get; init; }
    public required TimeProvider Time { get; init; }
    public required IIdSource Ids { get; init; }

    /// <summary>For probes; see <see cref="TriageHttp.Create"/>. Must not follow redirects.</summary>
    public required HttpClient Http { get; init; }
    public AgentSettings Agents { get; init; } = new();

    /// <summary>Asks the services' admin interfaces; null where the platform has none.</summary>
    public ISiteInspector? Inspector { get; init; }

    /// <summary>How the site was while healthy; null when that was never recorded for this declaration.</summary>
    public HealthyBaseline? Healthy { get; init; }

    /// <summary>Called when an incident has ended and the site was verified to be healthy; null: nobody wants to know.</summary>
    public Func<CancellationToken, Task>? OnHealthy { get; init; }

    /// <summary>Whether the holder of a lease is certainly dead.</summary>
    public Func<string, bool> IsOwnerDead { get; init; } = LeaseOwner.IsDead;

    /// <summary>Decides about every action that changes the world; null: approval is switched off.</summary>
    public IApprovalPanel? Approval { get; init; }

    /// <summary>Makes an agent by name; null means the five built-in ones.</summary>
    public Func<string, IAgent?>? CreateAgent { get; init; }
}

/// <summary>Limits of one incident.</summary>
public sealed record TriageOptions
{
    /// <summary>Plans in one incident, evidence plans included.</summary>
    public int MaxPlanVersions { get; init; } = 6;

    /// <summary>Time for one incident, waiting for the person left out.</summary>
    public TimeSpan MaxDuration { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long every probe must pass before an incident counts as resolved.</summary>
    public TimeSpan VerifyWindow { get; init; } = Monitoring.VerifyRequest.DefaultWindow;

    /// <summary>How long a repaired site may take until everything passes for the first time.</summary>
    public TimeSpan SettleLimit { get; init; } = Monitoring.VerifyRequest.DefaultSettle;

    public int MaxQuestions { get; init; } = 3;

    public SchedulerOptions Scheduler { get; init; } = new();

    /// <summary>Seed of the jitter of retries.</summary>
    public int Seed { get; init; }
}

public static class TriageHttp
{
    /// <summary>A client for probes of services on this host: no proxy, no redirects, no cookies; deadlines are each probe's own.</summary>
    public static HttpClient Create() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        MaxConnectionsPerServer = 16,
        MaxResponseHeadersLength = 64,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };
}
