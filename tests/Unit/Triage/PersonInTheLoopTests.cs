using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage;
using Quorate.Engine.Triage.Planning;
using Quorate.Tests.Unit.Triage.Fakes;
using static Quorate.Tests.Unit.Triage.Fakes.Scenario;

namespace Quorate.Tests.Unit.Triage;

/// <summary>Plans by hand, questions and permissions.</summary>
public sealed class PersonInTheLoopTests
{
    private readonly FakeWorld _world = new(Site(
        Service("api", ("DB_HOST", "store"), ("MODE", "live")) with { DependsOn = [new ServiceDependency("store", "service_started")] },
        Service("store")));

    private readonly FakeDisk _disk = new();
    private readonly FakeObserver _observer = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunPlan_RepairingPlan_ResolvesWithoutPlanner()
    {
        _world["store"] = _world["store"] with { State = ServiceState.Stopped };
        var planner = new ScriptedPlanner(_ => throw new InvalidOperationException("the planner must not be asked"));

        var result = await Engine(planner).RunPlanAsync(Plan("hand", Step("t1", "start", "store")), _observer, Token);

        Assert.Equal(TriageOutcome.Resolved, result.Outcome);
        Assert.Equal("hand", result.Plans[0].PlanId);
    }

    [Fact]
    public async Task RunPlan_PlanThatDoesNotHelp_IsUnresolvedAndUndone()
    {
        _world["store"] = _world["store"] with { State = ServiceState.Stopped };
        _world["api"] = _world["api"] with { State = ServiceState.Paused };
        _world.Physics = w => w.SetHealth("api", w["store"].State == ServiceState.Running);

        var result = await Engine(new ScriptedPlanner(_ => Proposal(ProposalKind.GiveUp))).RunPlanAsync(Plan("hand", Step("t1", "unpause", "api")), _observer, Token);

        Assert.Equal(TriageOutcome.Unresolved, result.Outcome);
        Assert.Equal(ServiceState.Paused, _world["api"].State);
    }

    [Fact]
    public async Task RunPlan_Cycle_IsRefusedAsInput()
    {
        var plan = Plan("hand", Step("t1", "start", "store", ["t2"]), Step("t2", "restart", "api", ["t1"]));

        var error = await Assert.ThrowsAsync<QuorateException>(() => Engine(new ScriptedPlanner(_ => Proposal(ProposalKind.GiveUp))).RunPlanAsync(plan, _observer, Token));

        Assert.Equal((ErrorKind.Input, "plan_invalid"), (error.Kind, error.Code));
        Assert.Contains("cycle", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_QuestionWithNobodyToAsk_NeedsInput()
    {
        var planner = new ScriptedPlanner(_ => Proposal(ProposalKind.Question) with { Question = new ClarifyingTask("q1", "Which shop?") });

        var result = await Engine(planner).RunAsync("it is broken", _observer, Token);

        Assert.Equal(TriageOutcome.NeedsInput, result.Outcome);
        Assert.Equal(["Which shop?"], result.Questions);
    }

    [Fact]
    public async Task Run_QuestionAnswered_AnswerReachesPlanner()
    {
        var planner = new ScriptedPlanner(c => c.Answers.Count == 0
            ? Proposal(ProposalKind.Question) with { Question = new ClarifyingTask("q1", "Which shop?") }
            : Proposal(ProposalKind.NothingWrong));

        var result = await Engine(planner).RunAsync("it is broken", new FakeObserver { Answer = "the small one" }, Token);

        Assert.Equal(TriageOutcome.NoFault, result.Outcome);
        Assert.Equal(new QuestionAnswer("Which shop?", "the small one"), planner.Asked[1].Answers[0]);
    }

    [Fact]
    public async Task Run_PersonDeclines_NothingIsDone()
    {
        _world["store"] = _world["store"] with { State = ServiceState.Stopped };

        var result = await Engine(new ScriptedPlanner(_ => Propose(Plan("a", Step("t1", "start", "store"))))).RunAsync("broken", new FakeObserver { Allows = false }, Token);

        Assert.Equal(TriageOutcome.Unresolved, result.Outcome);
        Assert.Empty(_world.Effects);
        Assert.Empty(_disk.Read(LedgerKinds.TaskIntent));
    }

    private TriageEngine Engine(IPlanner planner) => new(Services(_world, _disk, new FakeProcess(), planner), Instant);
}
