using System.Collections.Concurrent;
using System.Globalization;
using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage;
using Quorate.Engine.Triage.Planning;
using Quorate.Tests.Unit.Approval;

namespace Quorate.Tests.Unit.Triage.Fakes;

/// <summary>A planner made of one function.</summary>
internal sealed class ScriptedPlanner(Func<PlanningContext, PlanProposal> propose) : IPlanner
{
    public string Name => "script";

    public List<PlanningContext> Asked { get; } = [];

    public Task<PlanProposal> ProposeAsync(PlanningContext context, CancellationToken cancellationToken)
    {
        Asked.Add(context);
        return Task.FromResult(propose(context));
    }
}

internal sealed class FakeObserver : ITriageObserver
{
    public ConcurrentQueue<TriageEvent> Events { get; } = [];

    public bool Allows { get; init; } = true;

    public string? Answer { get; init; }

    public int Confirmations { get; private set; }

    public Action<TriageEvent> OnNext { get; set; } = _ => { };

    public void OnEvent(TriageEvent triageEvent)
    {
        Events.Enqueue(triageEvent);
        OnNext(triageEvent);
    }

    public Task<bool> ConfirmAsync(Plan plan, IReadOnlyList<PlanTask> actions, CancellationToken cancellationToken)
    {
        Confirmations++;
        return Task.FromResult(Allows);
    }

    public Task<string?> AskAsync(ClarifyingTask question, CancellationToken cancellationToken) => Task.FromResult(Answer);
}

/// <summary>Short ways to write sites, plans and proposals.</summary>
internal static class Scenario
{
    /// <summary>Verification without waiting: what the fake world shows is final.</summary>
    public static TriageOptions Instant { get; } = new() { VerifyWindow = TimeSpan.Zero, SettleLimit = TimeSpan.Zero };

    public static Site Site(params ServiceSpec[] services) => new()
    {
        Name = "shop",
        Id = "shop-00000000",
        ComposeFile = Path.Combine(Path.GetTempPath(), "quorate-no-such-folder", "compose.yml"),
        Services = services,
    };

    public static ServiceSpec Service(string name, params (string Name, string Value)[] environment) => new()
    {
        Name = name,
        Environment = environment.ToDictionary(e => e.Name, e => e.Value),
    };

    public static PlanTask Step(string id, string type, string target, string[]? after = null, params (string Name, object Value)[] args) => new()
    {
        TaskId = id,
        Type = type,
        Target = target,
        AssignedTo = TaskCatalog.Types[type].Agent,
        Dependencies = after ?? [],
        Args = args.ToDictionary(a => a.Name, a => QuorateJson.ToElement(a.Value)),
    };

    public static Plan Plan(string id, params PlanTask[] tasks) => new()
    {
        PlanId = id,
        RootGoal = "make the shop work again",
        CreatedAt = FakeTime.Start,
        PlanVersion = 1,
        Tasks = tasks,
    };

    public static PlanProposal Propose(Plan plan, params Hypothesis[] hypotheses) =>
        Proposal(ProposalKind.Plan) with { Plan = plan, Hypotheses = hypotheses };

    public static PlanProposal Proposal(ProposalKind kind) => new()
    {
        Kind = kind,
        Origin = "script",
        DecisionTag = DecisionTag.Deterministic,
        Rationale = string.Create(CultureInfo.InvariantCulture, $"the script says {kind}"),
    };

    public static TriageServices Services(FakeWorld world, FakeDisk disk, FakeProcess process, IPlanner planner, TimeProvider? time = null, IPlatform? platform = null) => new()
    {
        Site = world.Site,
        Platform = platform ?? new FakePlatform(world, process),
        Planner = planner,
        Ledger = new FakeLedger(disk, process, time ?? TimeProvider.System),
        Leases = new FakeLeases(disk, process),
        Keys = new FakeKeys(),
        Time = time ?? TimeProvider.System,
        Ids = new SequenceIds(),
        Http = TriageHttp.Create(),
        Approval = TestPanel.Lenient,
        IsOwnerDead = _ => false,
    };
}
