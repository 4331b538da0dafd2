using Quorate.Contracts.Provenance;
using Quorate.Contracts.Sites;
using Quorate.Engine.Approval;
using Quorate.Engine.Triage;
using Quorate.Engine.Triage.Planning;
using Quorate.Tests.Unit.Triage.Fakes;
using static Quorate.Tests.Unit.Triage.Fakes.Scenario;

namespace Quorate.Tests.Unit.Approval;

/// <summary>What an incident makes of the panel's decisions.</summary>
public sealed class ApprovalFlowTests : IDisposable
{
    private readonly FakeWorld _world = new(Site(
        Service("api", ("DB_HOST", "store"), ("MODE", "live")) with { DependsOn = [new ServiceDependency("store", "service_started")] },
        Service("store"),
        Service("cache")));

    private readonly FakeDisk _disk = new();
    private readonly FakeObserver _observer = new();
    private readonly TestPanel _panel = TestPanel.CreateStrict();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _panel.Dispose();

    [Fact]
    public async Task Run_ApprovedRepair_CertificateIsInLedgerAndEnvelope()
    {
        _world["store"] = _world["store"] with { State = ServiceState.Stopped };

        var result = await Engine(_ => Propose(Plan("act", Step("t1", "start", "store"))), _panel).RunAsync("orders fail", _observer, Token);

        Assert.Equal(TriageOutcome.Resolved, result.Outcome);
        var approval = Assert.Single(_disk.Read(LedgerKinds.Approval)).Read<ApprovalRecorded>();
        var body = Assert.Single(_disk.Read(LedgerKinds.TaskIntent)).Read<TaskIntent>().Envelope.Body;
        Assert.True(approval.Approved);
        Assert.Equal(approval.Certificate, body.Certificate);
        Assert.Null(_panel.Verifier.FindProblem(body.Certificate, ApprovalAction.Of(body)));
        Assert.Equal(approval.CertificateHash, result.Tasks[0].Certificate);
        Assert.True(result.Approvals[0].Votes.Count(v => v.Vote == ApprovalVote.Approve) >= 3);
    }

    [Fact]
    public async Task Run_RefusedPlan_NothingIsDoneAndTheNextIsTried()
    {
        _world["store"] = _world["store"] with { State = ServiceState.Stopped };
        var planner = new ScriptedPlanner(c => c.History.Count == 0
            ? Propose(Plan("bad", Step("t1", "start", "store"), Step("t2", "restart", "cache")))
            : Propose(Plan("good", Step("t1", "start", "store"))));

        var result = await Engine(planner, _panel).RunAsync("orders fail", _observer, Token);

        Assert.Equal(TriageOutcome.Resolved, result.Outcome);
        Assert.Equal(["store/start"], _world.Effects.Keys);
        Assert.Equal(1, _observer.Confirmations);
        var told = planner.Asked[1].History[0];
        Assert.Equal(["t2"], told.Results.Keys);
        Assert.Contains("the panel did not approve restart of cache", Assert.Single(told.Deviations), StringComparison.Ordinal);
        Assert.Equal(["SKIPPED", "FAIL", "OK"], result.Tasks.Select(t => t.Status));
    }

    [Fact]
    public async Task RunPlan_RefusedPlanOfAHealthySite_IsUnresolvedWithReasons()
    {
        var result = await Engine(_ => Proposal(ProposalKind.GiveUp), _panel).RunPlanAsync(Plan("bad", Step("t1", "restart", "store")), _observer, Token);

        Assert.Equal(TriageOutcome.Unresolved, result.Outcome);
        Assert.Matches("the panel did not approve restart of store: .*(healthy|nothing that was observed|has no inverse)", Assert.Single(result.Deviations));
        Assert.Equal(0, _observer.Confirmations);
        Assert.Empty(_world.Effects);
        Assert.Empty(_disk.Read(LedgerKinds.TaskIntent));
    }

    [Fact]
    public async Task Run_ApprovalOff_RepairsAndTheLedgerSaysSo()
    {
        _world["store"] = _world["store"] with { State = ServiceState.Stopped };

        var result = await Engine(_ => Propose(Plan("act", Step("t1", "start", "store"))), null).RunAsync("orders fail", _observer, Token);

        Assert.Equal(TriageOutcome.Resolved, result.Outcome);
        Assert.Equal(ApprovalRecorded.Off, Assert.Single(_disk.Read(LedgerKinds.Approval)).Read<ApprovalRecorded>().Mode);
        Assert.Empty(result.Approvals);
        Assert.Null(_disk.Read(LedgerKinds.TaskIntent)[0].Read<TaskIntent>().Envelope.Body.Certificate);
    }

    [Fact]
    public async Task Run_PanelThatCannotDecide_ChangesNothing()
    {
        _world["store"] = _world["store"] with { State = ServiceState.Stopped };
        var silent = new TwistedPanel(_panel, (_, _) => ApprovalDecisions.None("the panel did not decide within 30 s", ["policy"]));

        var result = await Engine(c => c.History.Count == 0 ? Propose(Plan("act", Step("t1", "start", "store"))) : Proposal(ProposalKind.GiveUp), silent).RunAsync("orders fail", _observer, Token);

        Assert.Equal(TriageOutcome.Unresolved, result.Outcome);
        Assert.Contains(result.Deviations, d => d.Contains("the panel did not decide within 30 s", StringComparison.Ordinal));
        Assert.Empty(_world.Effects);
    }

    [Fact]
    public async Task Run_ApprovalWithoutAValidCertificate_ExecutorRefuses()
    {
        _world["store"] = _world["store"] with { State = ServiceState.Stopped };
        _world["cache"] = _world["cache"] with { State = ServiceState.Stopped };
        string? first = null;
        // Both are reported as approved, the second with the certificate of the first.
        var lying = new TwistedPanel(_panel, (d, _) => d with { Certificate = first ??= d.Certificate });

        await Engine(c => c.History.Count == 0 ? Propose(Plan("act", Step("t1", "start", "store"), Step("t2", "start", "cache"))) : Proposal(ProposalKind.GiveUp), lying)
            .RunAsync("orders fail", _observer, Token);

        Assert.True(_world.Effects.ContainsKey("store/start"));
        Assert.False(_world.Effects.ContainsKey("cache/start"));
        Assert.Equal("unapproved", Assert.Single(_disk.Read(LedgerKinds.EnvelopeRefused)).Read<EnvelopeRefused>().Verdict);
    }

    [Fact]
    public async Task Run_UndoThatIsNotApproved_LeavesTheEffect()
    {
        _world["store"] = _world["store"] with { State = ServiceState.Stopped };
        _world["api"] = _world["api"] with { Environment = new Dictionary<string, string> { ["DB_HOST"] = "store", ["MODE"] = "debug" } };
        var noUndo = new TwistedPanel(_panel, (d, r) => r.Action.Type == ApprovalAction.Undo ? d with { Approved = false, Reason = "no" } : d);

        var result = await Engine(c => c.History.Count == 0 ? Propose(Plan("wrong", Step("t1", "set_env", "api", null, ("name", "MODE")))) : Propose(Plan("right", Step("t1", "start", "store"))), noUndo)
            .RunAsync("orders fail", _observer, Token);

        Assert.Equal(TriageOutcome.Resolved, result.Outcome);
        Assert.Equal("live", _world["api"].Environment["MODE"]);
        Assert.Contains(_disk.Read(LedgerKinds.Undo), e => e.Read<Undo>().Result is { Status: Contracts.Plans.TaskStatus.Fail });
    }

    [Fact]
    public async Task Run_WrongRepair_UndoIsApprovedForThatEffectOnly()
    {
        _world["store"] = _world["store"] with { State = ServiceState.Stopped };
        _world["api"] = _world["api"] with { Environment = new Dictionary<string, string> { ["DB_HOST"] = "store", ["MODE"] = "debug" } };

        await Engine(c => c.History.Count == 0 ? Propose(Plan("wrong", Step("t1", "set_env", "api", null, ("name", "MODE")))) : Propose(Plan("right", Step("t1", "start", "store"))), _panel)
            .RunAsync("orders fail", _observer, Token);

        Assert.Equal("debug", _world["api"].Environment["MODE"]);
        var undo = _panel.Asked.Single(r => r.Action.Type == ApprovalAction.Undo);
        Assert.DoesNotContain("debug", System.Text.Encoding.UTF8.GetString(undo.ToBytes()), StringComparison.Ordinal);
        Assert.Equal(_disk.Read(LedgerKinds.Undo)[0].Read<Undo>().EffectKey, undo.Args["effect_key"].GetString());
    }

    [Fact]
    public async Task Resume_DecisionInTheLedger_PanelIsNotAskedAgain()
    {
        _world["store"] = _world["store"] with { State = ServiceState.Stopped };
        using var interruption = CancellationTokenSource.CreateLinkedTokenSource(Token);
        _observer.OnNext = e =>
        {
            if (e is TriageEvent.Approved)
            {
                interruption.Cancel();
            }
        };
        var engine = Engine(_ => Propose(Plan("act", Step("t1", "start", "store"))), _panel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.RunAsync("orders fail", _observer, interruption.Token));

        var result = await engine.ResumeAsync((await engine.FindUnfinishedAsync(Token))[0].IncidentId, new FakeObserver(), Token);

        Assert.Equal(TriageOutcome.Resolved, result.Outcome);
        Assert.Single(_panel.Asked);
        Assert.Equal(1, _world.Effects["store/start"]);
    }

    private TriageEngine Engine(Func<PlanningContext, PlanProposal> propose, IApprovalPanel? panel) => Engine(new ScriptedPlanner(propose), panel);

    private TriageEngine Engine(IPlanner planner, IApprovalPanel? panel) => new(Services(_world, _disk, new FakeProcess(), planner) with { Approval = panel }, Instant);
}
