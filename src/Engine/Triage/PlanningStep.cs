using Quorate.Contracts;
using Quorate.Engine.Triage.Monitoring;
using Quorate.Engine.Triage.Planning;
using Quorate.Engine.Triage.Scheduling;

namespace Quorate.Engine.Triage;

/// <summary>Gets the next proposal from the planner and commits its plan, within the incident's limits.</summary>
internal sealed class PlanningStep(IncidentContext incident)
{
    private const int MaxRefusals = 3;
    private const int MaxDenials = 2;
    private static readonly TimeSpan StillTrue = TimeSpan.FromSeconds(5);

    private readonly IPlanner _planner = incident.State.Opened!.HandPlan is { } plan ? new HandPlanner(plan) : incident.Services.Planner;

    public string? FindLimit()
    {
        if (incident.Clock.Worked >= incident.Options.MaxDuration)
        {
            return OutOfTime();
        }

        if (incident.State.Plans.Count >= incident.Options.MaxPlanVersions)
        {
            return $"{incident.Options.MaxPlanVersions} plans were tried, which is the limit";
        }

        if (incident.State.Refusals >= MaxRefusals)
        {
            return $"{MaxRefusals} proposals in a row could not be committed";
        }

        return incident.State.NoFaultDenials.Count >= MaxDenials ? "the planner sees no fault, the monitor does" : null;
    }

    public string OutOfTime() => $"the time limit of {incident.Options.MaxDuration.TotalSeconds:0} s is over";

    /// <summary>Null when the incident's time ran out while the planner was thinking.</summary>
    public async Task<PlanProposal?> FindProposalAsync(CancellationToken cancellationToken)
    {
        var snapshot = await ObserveAsync(cancellationToken);
        var left = incident.Options.MaxDuration - incident.Clock.Worked;
        using var deadline = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1), incident.Services.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        var context = incident.PlanningContext(snapshot);
        try
        {
            return await incident.Clock.MeasureAsync(TriagePhase.Plan, () => _planner.ProposeAsync(context, both.Token));
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    public async Task CommitAsync(PlanProposal proposal, CancellationToken cancellationToken)
    {
        var plan = proposal.Plan! with { PlanVersion = incident.State.NextVersion };
        var problems = PlanShape.FindProblems(plan);
        var wait = FlapRule.WaitFor([.. incident.State.Plans.Select(p => p.Committed)], plan, proposal.Origin, incident.Services.Time.GetUtcNow());
        if (problems.Count > 0 || wait is not null)
        {
            var reasons = problems.Count > 0 ? problems : [$"the same change of plan came from {proposal.Origin} less than {FlapRule.Window.TotalSeconds:0} s ago"];
            await RejectAsync(new PlanRejection(proposal.Origin, reasons, QuorateJson.Serialize(plan)), true, cancellationToken);
            // The site may look different once the window is over.
            await Task.Delay(wait ?? TimeSpan.Zero, incident.Services.Time, cancellationToken);
            return;
        }

        var committed = new PlanCommitted(plan, proposal.Origin, proposal.Rationale, proposal.Hypotheses, proposal.DecisionTag, incident.Services.Time.GetUtcNow());
        await incident.Journal.AppendAsync(committed, proposal.DecisionTag, cancellationToken);
        incident.Tell(new TriageEvent.Committed(incident.Clock.NowMs, plan, proposal));
    }

    public async Task RejectAsync(PlanRejection rejection, bool byEngine, CancellationToken cancellationToken)
    {
        await incident.Journal.AppendAsync(new PlanRejected(rejection.Origin, rejection.Reasons, rejection.Raw, byEngine), null, cancellationToken);
        incident.Tell(new TriageEvent.Rejected(incident.Clock.NowMs, rejection));
    }

    private static bool IsContradicted(SiteSnapshot snapshot, PlanRun looked) => looked.Plan.Tasks.Any(t => t.Type == "check_health"
        && looked[t.TaskId].Result?.Meta.GetValueOrDefault("healthy").ValueKind is System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False
        && looked[t.TaskId].Result!.Meta["healthy"].GetBoolean() != snapshot.Status.Services.FirstOrDefault(s => s.Name == t.Target)?.Healthy);

    private async Task<SiteSnapshot> ObserveAsync(CancellationToken cancellationToken)
    {
        if (incident.Snapshot is { } fresh && incident.State.Plans.Count == 0 && incident.State.Refusals == 0 && incident.State.NoFaultDenials.Count == 0)
        {
            return fresh;
        }

        // After a plan that only looked, what was seen just before it still holds, unless the plan saw something else.
        if (incident.Snapshot is { } recent && incident.State.Current is { Actions.Count: 0 } looked && incident.State.NoFaultDenials.Count == 0
            && incident.Services.Time.GetUtcNow() - recent.At < StillTrue && !IsContradicted(recent, looked))
        {
            return recent;
        }

        incident.Snapshot = await incident.Clock.MeasureAsync(TriagePhase.Detect, () => incident.Parts.Observer.SnapshotAsync(cancellationToken));
        incident.Tell(new TriageEvent.Observed(incident.Clock.NowMs, incident.Snapshot));
        return incident.Snapshot;
    }
}
