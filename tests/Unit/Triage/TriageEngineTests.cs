using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage;
using Quorate.Engine.Triage.Planning;
using Quorate.Tests.Unit.Triage.Fakes;
using static Quorate.Tests.Unit.Triage.Fakes.Scenario;

namespace Quorate.Tests.Unit.Triage;

public sealed class TriageEngineTests
{
    private readonly FakeWorld _world = new(Site(
        Service("api", ("DB_HOST", "store"), ("MODE", "live")) with { DependsOn = [new ServiceDependency("store", "service_started")] },
        Service("store")));

    private readonly FakeDisk _disk = new();
    private readonly FakeObserver _observer = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_StoreStopped_EvidenceThenRepairResolves()
    {
        _world["store"] = _world["store"] with { State = ServiceState.Stopped };
        var planner = new ScriptedPlanner(c => c.History.Count == 0
            ? Propose(Plan("look", Step("t1", "check_drift", "store")))
            : Propose(Plan("act", Step("t1", "start", "store"), Step("t2", "check_health", "store", ["t1"])), new Hypothesis("stopped", "store", "The store is stopped.", 0.9)));

        var result = await Engine(planner).RunAsync("orders do not work", _observer, Token);

        Assert.Equal(TriageOutcome.Resolved, result.Outcome);
        Assert.True(result.Verified);
        Assert.Equal(("The store is stopped.", "store"), (result.RootCause, result.RootService));
        Assert.Equal([1, 2], result.Plans.Select(p => p.PlanVersion));
        Assert.Equal(["OK", "OK", "OK"], result.Tasks.Select(t => t.Status));
        Assert.Equal(1, _world.Effects["store/start"]);
        Assert.Equal(1, _observer.Confirmations);
        Assert.Contains("differs", planner.Asked[1].History[0].Results["t1"].Out, StringComparison.Ordinal);
        Assert.Equal(
            [
                LedgerKinds.IncidentOpened, LedgerKinds.PlanCommitted, LedgerKinds.TaskIntent, LedgerKinds.TaskOutcome, LedgerKinds.PlanCommitted, LedgerKinds.Approval, LedgerKinds.PlanConfirmed,
                LedgerKinds.TaskIntent, LedgerKinds.TaskOutcome, LedgerKinds.TaskIntent, LedgerKinds.TaskOutcome, LedgerKinds.Verification, LedgerKinds.IncidentClosed,
            ],
            _disk.Entries.Select(e => e.Kind));
        Assert.Empty(_disk.Leases);
    }

    [Fact]
    public async Task Run_NothingWrong_EndsNoFaultWithoutAction()
    {
        var result = await Engine(new ScriptedPlanner(_ => Proposal(ProposalKind.NothingWrong))).RunAsync("it feels odd", _observer, Token);

        Assert.Equal(TriageOutcome.NoFault, result.Outcome);
        Assert.True(result.Verified);
        Assert.Empty(_world.Effects);
        Assert.Equal(0, _observer.Confirmations);
    }

    [Fact]
    public async Task Run_PlannerSeesNoFaultButMonitorDoes_DenialReachesPlanner()
    {
        _world["store"] = _world["store"] with { State = ServiceState.Stopped };
        var planner = new ScriptedPlanner(_ => Proposal(ProposalKind.NothingWrong));

        var result = await Engine(planner).RunAsync("it feels odd", _observer, Token);

        Assert.Equal(TriageOutcome.Unresolved, result.Outcome);
        Assert.Equal(2, planner.Asked.Count);
        Assert.Contains("store: is stopped", planner.Asked[1].History[0].Deviations[0], StringComparison.Ordinal);
        Assert.Contains(result.Deviations, d => d.StartsWith("store:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_WrongRepair_IsUndoneBeforeTheNextPlan()
    {
        // The api's MODE differs harmlessly; the fault is the stopped store.
        _world["api"] = _world["api"] with { Environment = new Dictionary<string, string> { ["DB_HOST"] = "store", ["MODE"] = "debug" } };
        _world["store"] = _world["store"] with { State = ServiceState.Stopped };
        var planner = new ScriptedPlanner(c => c.History.Count == 0
            ? Propose(Plan("wrong", Step("t1", "set_env", "api", null, ("name", "MODE"))))
            : Propose(Plan("right", Step("t1", "start", "store"))));

        var result = await Engine(planner).RunAsync("orders fail", _observer, Token);

        Assert.Equal(TriageOutcome.Resolved, result.Outcome);
        Assert.Equal(2, _world.Effects["api/recreate"]);
        Assert.Equal("debug", _world["api"].Environment["MODE"]);
        Assert.True(planner.Asked[1].History[0].Undone);
        Assert.Equal([LedgerKinds.Verification, LedgerKinds.Trigger, LedgerKinds.Undo, LedgerKinds.Approval, LedgerKinds.Undo],
            _disk.Entries.SkipWhile(e => e.Kind != LedgerKinds.Verification).Take(5).Select(e => e.Kind));
        Assert.DoesNotContain("live", _disk.Read(LedgerKinds.TaskIntent)[0].Payload, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_OneOfTwoFaultsRepaired_ThatRepairIsKept()
    {
        _world["api"] = _world["api"] with { State = ServiceState.Paused };
        _world["store"] = _world["store"] with { State = ServiceState.Stopped };
        var planner = new ScriptedPlanner(c => c.History.Count == 0
            ? Propose(Plan("first", Step("t1", "unpause", "api")))
            : Propose(Plan("second", Step("t1", "start", "store"))));

        var result = await Engine(planner).RunAsync("nothing works", _observer, Token);

        Assert.Equal(TriageOutcome.Resolved, result.Outcome);
        Assert.False(_world.Effects.ContainsKey("api/pause"));
        Assert.False(planner.Asked[1].History[0].Undone);
    }

    [Fact]
    public async Task Run_ActionFails_DependantsAreSkippedAndPlannerToldWhy()
    {
        _world["store"] = _world["store"] with { State = ServiceState.Stopped };
        var process = new FakeProcess();
        var platform = new FakePlatform(_world, process);
        platform.Failures.Enqueue(new PlatformException("the engine refused", retryable: false));
        var planner = new ScriptedPlanner(c => c.History.Count == 0
            ? Propose(Plan("a", Step("t1", "start", "store"), Step("t2", "check_health", "store", ["t1"])))
            : Proposal(ProposalKind.GiveUp));

        var result = await new TriageEngine(Services(_world, _disk, process, planner, null, platform), Instant).RunAsync("orders fail", _observer, Token);

        Assert.Equal(TriageOutcome.Unresolved, result.Outcome);
        Assert.Equal(["FAIL", "SKIPPED"], result.Tasks.Select(t => t.Status));
        Assert.Contains("the engine refused", planner.Asked[1].History[0].Deviations[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_RepairBreaksAnotherService_CollateralIsADeviation()
    {
        _world["store"] = _world["store"] with { State = ServiceState.Stopped };
        _world.Physics = w => w.SetHealth("api", !w.Effects.ContainsKey("store/start"));
        var planner = new ScriptedPlanner(c => c.History.Count == 0 ? Propose(Plan("a", Step("t1", "start", "store"))) : Proposal(ProposalKind.GiveUp));

        var result = await Engine(planner).RunAsync("orders fail", _observer, Token);

        Assert.Equal(TriageOutcome.Unresolved, result.Outcome);
        Assert.Contains(planner.Asked[1].History[0].Deviations, d => d.StartsWith("api:", StringComparison.Ordinal) && d.Contains("healthy before", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_PlannerNeverHelps_StopsAtTheVersionLimit()
    {
        _world["store"] = _world["store"] with { State = ServiceState.Stopped };
        var planner = new ScriptedPlanner(c => Propose(Plan($"p{c.NextVersion}", Step("t1", "check_logs", "api", null, ("top_k", c.NextVersion)))));

        var result = await Engine(planner).RunAsync("broken", _observer, Token);

        Assert.Equal(TriageOutcome.Unresolved, result.Outcome);
        Assert.Equal(6, result.Plans.Count);
        Assert.Contains("6 plans", result.Deviations[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_SamePlanTwiceAtOnce_SecondIsRefusedAsFlapping()
    {
        _world["store"] = _world["store"] with { State = ServiceState.Stopped };
        var time = new FakeTime();
        var planner = new ScriptedPlanner(c => c.History.Count < 2 ? Propose(Plan($"p{c.NextVersion}", Step("t1", "check_drift", "store"))) : Proposal(ProposalKind.GiveUp));

        var run = new TriageEngine(Services(_world, _disk, new FakeProcess(), planner, time), Instant).RunAsync("broken", _observer, Token);
        await time.RunAsync(run, TimeSpan.FromMilliseconds(10));
        var result = await run;

        Assert.Equal(2, result.Plans.Count);
        var rejection = Assert.Single(_disk.Read(LedgerKinds.PlanRejected));
        Assert.Contains("same change of plan", rejection.Payload, StringComparison.Ordinal);
        var committed = _disk.Read(LedgerKinds.PlanCommitted).Select(e => e.Read<PlanCommitted>().At).ToList();
        Assert.True(committed[1] - committed[0] >= FlapRule.Window);
    }

    [Fact]
    public async Task Run_Cancelled_IncidentStaysOpenAndLeaseIsFree()
    {
        _world["store"] = _world["store"] with { State = ServiceState.Stopped };
        using var interruption = CancellationTokenSource.CreateLinkedTokenSource(Token);
        _observer.OnNext = e =>
        {
            if (e is TriageEvent.Committed)
            {
                interruption.Cancel();
            }
        };
        var planner = new ScriptedPlanner(_ => Propose(Plan("a", Step("t1", "start", "store"))));
        var engine = Engine(planner);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.RunAsync("broken", _observer, interruption.Token));

        Assert.Empty(_disk.Leases);
        var open = Assert.Single(await engine.FindUnfinishedAsync(Token));
        var result = await engine.ResumeAsync(open.IncidentId, new FakeObserver(), Token);
        Assert.Equal(TriageOutcome.Resolved, result.Outcome);
        Assert.Equal(1, _world.Effects["store/start"]);
        Assert.Empty(await engine.FindUnfinishedAsync(Token));
    }

    [Fact]
    public async Task Run_SiteHeldByLiveOwner_IsBusy()
    {
        _disk.Leases["site:shop-00000000"] = "other:1:1:x";

        var error = await Assert.ThrowsAsync<QuorateException>(() => Engine(new ScriptedPlanner(_ => Proposal(ProposalKind.GiveUp))).RunAsync("broken", _observer, Token));

        Assert.Equal((ErrorKind.Missing, "site_busy"), (error.Kind, error.Code));
        Assert.Empty(_disk.Entries);
        Assert.Equal("other:1:1:x", _disk.Leases["site:shop-00000000"]);
    }

    [Theory]
    [InlineData("", "incident_text_empty")]
    [InlineData(" \n\t", "incident_text_empty")]
    public async Task Run_EmptyText_IsRefusedAsInput(string text, string code)
    {
        var error = await Assert.ThrowsAsync<QuorateException>(() => Engine(new ScriptedPlanner(_ => Proposal(ProposalKind.GiveUp))).RunAsync(text, _observer, Token));
        Assert.Equal((ErrorKind.Input, code), (error.Kind, error.Code));
    }

    [Fact]
    public async Task Resume_UnknownOrClosedIncident_IsRefusedAsInput()
    {
        var engine = Engine(new ScriptedPlanner(_ => Proposal(ProposalKind.NothingWrong)));
        var closed = await engine.RunAsync("odd", _observer, Token);

        Assert.Equal("incident_unknown", (await Assert.ThrowsAsync<QuorateException>(() => engine.ResumeAsync("inc-none", _observer, Token))).Code);
        Assert.Equal("incident_closed", (await Assert.ThrowsAsync<QuorateException>(() => engine.ResumeAsync(closed.IncidentId, _observer, Token))).Code);
        Assert.Empty(_disk.Leases);
    }

    private TriageEngine Engine(IPlanner planner) => new(Services(_world, _disk, new FakeProcess(), planner), Instant);
}
