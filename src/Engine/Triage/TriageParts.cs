using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Ports;
using Quorate.Engine.Triage.Agents;
using Quorate.Engine.Triage.Baseline;
using Quorate.Engine.Triage.Monitoring;
using Quorate.Engine.Triage.Scheduling;
using Quorate.Protocol.Provenance;

namespace Quorate.Engine.Triage;

/// <summary>The engine's machinery for one site, wired once and used by every incident.</summary>
internal sealed class TriageParts : IDisposable
{
    private const int MaxSeeds = 100_000;

    private readonly ReplayGuard _guard = new();
    private readonly AgentPool _pool;

    public TriageParts(TriageServices services, TriageOptions options)
    {
        var (site, platform, time) = (services.Site, services.Platform, services.Time);
        var prober = new SiteProber(site, platform, services.Http, time);
        var watch = services.Inspector is { } inspector ? new ConfigurationWatch(inspector, services.Healthy?.Configuration, time) : null;
        Observer = new SiteObserver(site, platform, prober, time) { Watch = watch, Healthy = services.Healthy };
        Monitor = new SiteMonitor(site, platform, prober, Observer, time);
        Undoer = new EffectUndoer(site, platform) { Watch = watch };
        var actions = new ActionAgent(site, platform, services.Http, services.Agents, time) { Watch = watch };
        var runbooks = new RunbookAgent(site, services.Agents);
        IAgent? Create(string name) => name switch
        {
            AgentNames.Log => new LogAgent(platform, time),
            AgentNames.Metric => new MetricAgent(site, platform, prober, services.Http, time),
            // Its index is read once; it keeps no state of a task.
            AgentNames.Runbook => runbooks,
            AgentNames.Monitor => new MonitorAgent(site, platform, prober, Monitor) { Watch = watch },
            AgentNames.Action => new ActionAgent(site, platform, services.Http, services.Agents, time) { Watch = watch },
            _ => null,
        };
        var executor = new TaskExecutor(new EnvelopeVerifier(services.Keys.FindHmacKey, _guard), time, services.Approval?.Verifier);
        _pool = new AgentPool(services.CreateAgent ?? Create, executor, options.Scheduler, time);
        var dispatcher = new TaskDispatcher(_pool, services.Keys, actions.FindInverseAsync, options.Scheduler, options.Seed, time);
        Scheduler = new PlanScheduler(dispatcher, options.Scheduler.MaxParallel);
    }

    public SiteObserver Observer { get; }

    public SiteMonitor Monitor { get; }

    public EffectUndoer Undoer { get; }

    public PlanScheduler Scheduler { get; }

    /// <summary>Remembers the envelopes that an earlier process of this store may have accepted and that are still valid.</summary>
    public async Task SeedGuardAsync(ILedger ledger, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var filter = new LedgerFilter
        {
            Kinds = [LedgerKinds.TaskIntent],
            Since = now - EnvelopeVerifier.TimeToLive - EnvelopeVerifier.MaxSkew,
            Newest = true,
            Limit = MaxSeeds,
        };
        await foreach (var entry in ledger.ReadAsync(filter, cancellationToken))
        {
            _guard.Seed(entry.Read<TaskIntent>().Envelope, now);
        }
    }

    public void Dispose() => _pool.Dispose();
}
