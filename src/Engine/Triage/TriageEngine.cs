using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Ports;
using Quorate.Engine.Triage.Monitoring;
using Quorate.Engine.Triage.Scheduling;

namespace Quorate.Engine.Triage;

/// <summary>
/// From an incident to a verified repair: evidence, plan, action, verification, and a ledger that proves it. One incident
/// of a site runs at a time; a killed process's incident is resumed from the ledger without repeating an effect.
/// </summary>
/// <remarks>
/// Throws <see cref="QuorateException"/> with <see cref="ErrorKind.Input"/> for a text, plan or incident id that is wrong,
/// and with <see cref="ErrorKind.Missing"/> when the site is busy or platform, store or keys cannot be reached; an incident
/// that was open then stays open and can be resumed. So it is after <see cref="OperationCanceledException"/>.
/// </remarks>
public sealed class TriageEngine(TriageServices services, TriageOptions options)
{
    private const int MaxIncidents = 10_000;

    /// <summary>Repairs what the person describes.</summary>
    public Task<TriageResult> RunAsync(string incidentText, ITriageObserver observer, CancellationToken cancellationToken) =>
        OpenAsync(IncidentText.Parse(incidentText), null, observer, cancellationToken);

    /// <summary>Carries a plan out that was made by hand, and verifies the site afterwards.</summary>
    public Task<TriageResult> RunPlanAsync(Plan plan, ITriageObserver observer, CancellationToken cancellationToken)
    {
        var problems = PlanShape.FindProblems(plan);
        return problems.Count == 0
            ? OpenAsync(IncidentText.Parse(plan.RootGoal), plan, observer, cancellationToken)
            : throw QuorateException.Input("plan_invalid", $"plan {plan.PlanId} cannot be carried out: {string.Join("; ", problems)}", "quorate plan validate FILE --site COMPOSEFILE");
    }

    /// <summary>Goes on with an incident that was opened and not closed.</summary>
    public async Task<TriageResult> ResumeAsync(string incidentId, ITriageObserver observer, CancellationToken cancellationToken)
    {
        await using var lease = await TakeSiteAsync(cancellationToken);
        return await HoldingAsync(lease, async token =>
        {
            var state = await ReadAsync(incidentId, token);
            using var parts = new TriageParts(services, options);
            return await RunAsync(new IncidentContext(services, options, parts, new IncidentJournal(services.Ledger, incidentId, state), state, observer, new TriageClock(services.Time)), resumed: true, token);
        }, cancellationToken);
    }

    /// <summary>Incidents of this site that can be resumed, oldest first.</summary>
    public async Task<IReadOnlyList<UnfinishedIncident>> FindUnfinishedAsync(CancellationToken cancellationToken)
    {
        var open = new Dictionary<string, UnfinishedIncident>(StringComparer.Ordinal);
        var filter = new LedgerFilter { Kinds = [LedgerKinds.IncidentOpened, LedgerKinds.IncidentClosed], Newest = true, Limit = MaxIncidents };
        await foreach (var entry in services.Ledger.ReadAsync(filter, cancellationToken))
        {
            if (entry.Kind == LedgerKinds.IncidentClosed)
            {
                open.Remove(entry.Subject);
            }
            else if (entry.Read<IncidentOpened>() is var opened && opened.SiteId == services.Site.Id)
            {
                open[entry.Subject] = new UnfinishedIncident(entry.Subject, opened.Text, opened.At);
            }
        }

        return [.. open.Values.OrderBy(i => i.OpenedAt).ThenBy(i => i.IncidentId, StringComparer.Ordinal)];
    }

    private async Task<TriageResult> OpenAsync(IncidentText text, Plan? plan, ITriageObserver observer, CancellationToken cancellationToken)
    {
        await using var lease = await TakeSiteAsync(cancellationToken);
        return await HoldingAsync(lease, async token =>
        {
            using var parts = new TriageParts(services, options);
            // Observed before it is opened: a site that cannot be observed leaves no open incident behind.
            var clock = new TriageClock(services.Time);
            var snapshot = await clock.MeasureAsync(TriagePhase.Detect, () => parts.Observer.SnapshotAsync(token));
            var id = services.Ids.Next("inc");
            var state = new IncidentState();
            var opened = new IncidentOpened(
                services.Site.Id, services.Site.Name, services.Platform.Name, lease.Owner, text.Text, text.Bytes, services.Time.GetUtcNow(), SiteBaseline.From(snapshot), plan);
            await new IncidentJournal(services.Ledger, id, state).AppendAsync(opened, null, token);
            return await RunAsync(new IncidentContext(services, options, parts, new IncidentJournal(services.Ledger, id, state), state, observer, clock) { Snapshot = snapshot }, resumed: false, token);
        }, cancellationToken);
    }

    private async Task<TriageResult> RunAsync(IncidentContext incident, bool resumed, CancellationToken cancellationToken)
    {
        await incident.Parts.SeedGuardAsync(services.Ledger, services.Time.GetUtcNow(), cancellationToken);
        return await new TriageRun(incident).RunAsync(resumed, cancellationToken);
    }

    private async Task<IncidentState> ReadAsync(string incidentId, CancellationToken cancellationToken)
    {
        var entries = new List<LedgerEntry>();
        await foreach (var entry in services.Ledger.ReadAsync(new LedgerFilter { Subject = incidentId }, cancellationToken))
        {
            entries.Add(entry);
        }

        var state = IncidentState.Fold(entries);
        if (state.Opened is null)
        {
            throw QuorateException.Input("incident_unknown", $"the ledger has no incident {incidentId}", "quorate plan resume lists what can be resumed");
        }

        if (state.Closed is { } closed)
        {
            throw QuorateException.Input("incident_closed", $"incident {incidentId} is closed ({closed.Outcome.ToString().ToLowerInvariant()})");
        }

        return state.Opened.SiteId == services.Site.Id
            ? state
            : throw QuorateException.Input("incident_other_site", $"incident {incidentId} belongs to site {state.Opened.Site}, not to {services.Site.Name}", "give the Compose file of its site with --site");
    }

    private Task<SiteLease> TakeSiteAsync(CancellationToken cancellationToken) =>
        SiteLease.AcquireAsync(services.Leases, services.Site.Id, LeaseOwner.Create(services.Ids), services.IsOwnerDead, services.Time, cancellationToken);

    private static async Task<TriageResult> HoldingAsync(SiteLease lease, Func<CancellationToken, Task<TriageResult>> work, CancellationToken cancellationToken)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lease.Lost);
        try
        {
            return await work(both.Token);
        }
        catch (OperationCanceledException e) when (lease.Lost.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw QuorateException.Missing("site_lease_lost", "another Quorate has taken the site over, or the store could not be reached to keep it", "the incident stays open: quorate plan resume", e);
        }
    }
}
