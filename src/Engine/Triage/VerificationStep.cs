using Quorate.Engine.Triage.Monitoring;

namespace Quorate.Engine.Triage;

/// <summary>Lets the monitor judge a plan, or a claim that nothing is wrong, and records what it saw.</summary>
internal sealed class VerificationStep(IncidentContext incident)
{
    public async Task VerifyAsync(PlanRun plan, CancellationToken cancellationToken)
    {
        var request = new VerifyRequest
        {
            Window = incident.Options.VerifyWindow,
            // After a failed action, or a check that has waited already, there is nothing to wait for: the site holds, or a new plan is needed.
            Settle = plan.ActionFailed || plan.CheckFailed ? TimeSpan.Zero : incident.Options.SettleLimit,
            Baseline = incident.State.Opened!.Baseline,
            Suspects = [.. plan.Actions.Select(t => t.Target), .. plan.Committed.Hypotheses.Select(h => h.Service)],
        };
        var report = await HoldAsync(request, cancellationToken);
        List<string> deviations = report.Passed ? [] : [.. FailedActions(plan), .. report.Deviations];
        var verification = new Verification(plan.Plan.PlanVersion, false, report.Passed, deviations, request.Window.TotalMilliseconds, report.Rounds, KeptEffects(plan, report));
        await incident.Journal.AppendAsync(verification, null, cancellationToken);
        incident.Tell(new TriageEvent.Verified(incident.Clock.NowMs, report.Passed, deviations));
        if (!report.Passed)
        {
            await TriggerAsync(plan.Plan.PlanVersion, report.FirstDeviation, deviations, cancellationToken);
        }
    }

    public async Task VerifyNoFaultAsync(CancellationToken cancellationToken)
    {
        var request = new VerifyRequest { Window = incident.Options.VerifyWindow, Settle = TimeSpan.Zero };
        var report = await HoldAsync(request, cancellationToken);
        var version = incident.State.Current?.Plan.PlanVersion ?? 0;
        await incident.Journal.AppendAsync(new Verification(version, true, report.Passed, report.Deviations, request.Window.TotalMilliseconds, report.Rounds, []), null, cancellationToken);
        incident.Tell(new TriageEvent.Verified(incident.Clock.NowMs, report.Passed, report.Deviations));
        if (!report.Passed)
        {
            incident.Tell(new TriageEvent.Deviated(report.FirstDeviation is { } at ? incident.Clock.AtMs(at) : incident.Clock.NowMs, report.Deviations));
        }
    }

    public async Task TriggerAsync(int version, long? firstSeen, IReadOnlyList<string> deviations, CancellationToken cancellationToken)
    {
        var at = firstSeen is { } timestamp ? incident.Clock.AtMs(timestamp) : incident.Clock.NowMs;
        await incident.Journal.AppendAsync(new Trigger(version, at, deviations), null, cancellationToken);
        incident.Tell(new TriageEvent.Deviated(at, deviations));
    }

    private async Task<VerifyReport> HoldAsync(VerifyRequest request, CancellationToken cancellationToken)
    {
        incident.Tell(new TriageEvent.Verifying(incident.Clock.NowMs, request.Window));
        return await incident.Clock.MeasureAsync(TriagePhase.Verify, () => incident.Parts.Monitor.VerifyAsync(request, cancellationToken));
    }

    private static IEnumerable<string> FailedActions(PlanRun plan) => plan.Actions
        .Select(t => (Task: t, plan[t.TaskId].Result))
        .Where(a => a.Result is { Status: Contracts.Plans.TaskStatus.Fail })
        .Select(a => $"task {a.Task.TaskId} ({a.Task.Type} of {a.Task.Target}) failed: {a.Result!.Out}");

    /// <summary>
    /// Effects that brought a broken target back to health stay: what still fails is elsewhere, and taking them back would
    /// leave the site worse than it is now.
    /// </summary>
    private List<string> KeptEffects(PlanRun plan, VerifyReport report) => report.Passed
        ? []
        : [.. plan.Actions.Where(t => !incident.State.Opened!.Baseline.WasHealthy(t.Target)
                && report.HealthyServices.Contains(t.Target)
                && !report.Deviations.Any(d => d.StartsWith(t.Target + ":", StringComparison.Ordinal)))
            .Select(t => plan[t.TaskId].EffectKey)
            .OfType<string>()];
}
