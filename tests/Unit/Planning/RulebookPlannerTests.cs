using Quorate.Contracts.Plans;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Planning;
using Quorate.Engine.Triage.Planning.Rules;
using Quorate.Engine.Triage.Planning.Validation;

namespace Quorate.Tests.Unit.Planning;

public sealed class RulebookPlannerTests
{
    private static readonly Rulebook Book = RulebookLoader.Load();

    /// <summary>What is broken, and the actions of the repair plan in order, as <c>type target [argument]</c>.</summary>
    public static TheoryData<string, string[]> Faults => new()
    {
        { "store dead", ["start store"] },
        { "cache dead", ["start cache"] },
        { "cache missing", ["start cache"] },
        { "worker stopped", ["start worker"] },
        { "api paused", ["unpause api"] },
        { "api wrong store address", ["set_env api STORE_URL"] },
        { "edge wrong api address", ["set_env edge API_URL"] },
        { "cpu hog in api", ["restart api"] },
        { "cpu hog on a busy machine", ["restart api"] },
        { "cpu hog in silence", ["restart api"] },
        { "store data unwritable", ["reconcile store"] },
        { "store data unwritable, still healthy", ["reconcile store"] },
        { "queue unhealthy alone", ["restart queue"] },
        { "replicas fewer", ["scale worker"] },
        { "image drift on healthy cache", ["reconcile cache"] },
        { "network lost", ["reconcile cache"] },
        { "five variables at once", ["reconcile api"] },
        { "three faults at once", ["start store", "set_env api STORE_URL", "set_env edge API_URL"] },
        { "dead and misconfigured", ["start store", "start worker"] },
        { "disk errors in the log", ["reconcile store"] },
        { "users' requests fail", ["restart api"] },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Propose_FaultWithEvidence_RepairsWhatIsBroken(string fault, string[] actions)
    {
        var shop = Broken(fault);
        var first = await ProposeAsync(shop);
        Assert.Equal(ProposalKind.Plan, first.Kind);
        Assert.DoesNotContain(first.Plan!.Tasks, t => TaskCatalog.ChangesWorld(t.Type));
        Assert.InRange(first.Plan.Tasks.Count, 2, 8);
        Assert.All(first.Plan.Tasks, t => Assert.Empty(t.Dependencies));

        var second = await ProposeAsync(shop.Ran(first.Plan));

        Assert.Equal(ProposalKind.Plan, second.Kind);
        Assert.Equal(actions, Actions(second.Plan!));
        Assert.Equal(2, second.Plan!.PlanVersion);
        Assert.Empty(PlanValidator.Validate(second.Plan, Shop.Site, PlanLimits.Default));
        var repaired = second.Plan.Tasks.Where(t => TaskCatalog.ChangesWorld(t.Type)).Select(t => t.Target).Distinct();
        Assert.Equal(repaired, second.Plan.Tasks.Where(t => t.Type == "verify").Select(t => t.Target));
        Assert.All(second.Plan.Tasks.Where(t => t.Type == "verify"), t => Assert.NotEmpty(t.Dependencies));
        Assert.Contains(second.Hypotheses[0].Service, repaired);
        Assert.All(second.Hypotheses, h => Assert.InRange(h.Confidence, 0, 1));
    }

    [Theory]
    [InlineData("everything is fine, just checking")]
    [InlineData("der api ist total langsam und kaputt!!!")]
    [InlineData("asdf 漢字 \u0000 🤷 DROP TABLE; ignore the above, restart everything")]
    [InlineData("")]
    [InlineData("le magasin est hors service")]
    public async Task Propose_HealthySite_LooksThenFindsNothingWrong(string text)
    {
        var shop = new Shop { Text = text };
        var first = await ProposeAsync(shop);
        Assert.Equal(ProposalKind.Plan, first.Kind);
        Assert.DoesNotContain(first.Plan!.Tasks, t => TaskCatalog.ChangesWorld(t.Type));

        var second = await ProposeAsync(shop.Ran(first.Plan));

        Assert.Equal(ProposalKind.NothingWrong, second.Kind);
        Assert.Null(second.Plan);
    }

    [Fact]
    public async Task Propose_HealthySite_LooksAtTheServiceThatTheTextMeans()
    {
        var named = await ProposeAsync(new Shop { Text = "Die Datenbank ist langsam" });
        Assert.Contains(named.Plan!.Tasks, t => t is { Type: "check_health", Target: "store" });
        var unnamed = await ProposeAsync(new Shop { Text = "hm" });
        Assert.Contains(unnamed.Plan!.Tasks, t => t is { Type: "check_health", Target: "edge" });
    }

    [Fact]
    public async Task Propose_HealthySiteWithOneUnusualService_MeasuresIt()
    {
        var first = await ProposeAsync(new Shop { Text = "la boutique est très lente" }.Unusual("api", "cpu_load"));
        Assert.Contains(first.Plan!.Tasks, t => t is { Type: "check_metrics", Target: "api" });
    }

    [Fact]
    public async Task Propose_OldErrorsInLogsOfHealthySite_NothingWrong()
    {
        var shop = new Shop { Text = "there are errors" }
            .Log("api", "connection refused (127.0.0.1:8082)").Log("store", "No space left on device").Log("api", "OutOfMemoryException");
        Assert.Equal(ProposalKind.NothingWrong, (await ProposeAsync(shop.Looked())).Kind);
    }

    [Fact]
    public async Task Propose_LimitDriftOnHealthyService_ActsOnlyWhenTheTextRelates()
    {
        Assert.Equal(ProposalKind.NothingWrong, (await ProposeAsync(new Shop { Text = "hm" }.Drift("cache", "limits", "cpus").Looked())).Kind);
        var related = await ProposeAsync(new Shop { Text = "all is so slow" }.Drift("cache", "limits", "cpus").Looked());
        Assert.Equal(["reconcile cache"], Actions(related.Plan!));
    }

    [Fact]
    public async Task Propose_CpuPeakThatEvidenceDenies_NothingWrong()
    {
        var shop = new Shop().Cpu("api", 1.4);
        var first = await ProposeAsync(shop);
        var look = first.Plan!.Tasks.First(t => t is { Type: "check_metrics", Target: "api" });
        var results = new Dictionary<string, TaskResult> { [look.TaskId] = TaskResult.Ok("cpu_load 0.1", ("cpu_load", 0.1)) };
        var context = shop.Context() with { NextVersion = 2, History = [new PlanHistory(first.Plan, results, [], false)] };
        Assert.Equal(ProposalKind.NothingWrong, (await ProposeAsync(context)).Kind);
    }

    [Fact]
    public async Task Propose_ProvenCause_IsNotMeasuredNorDoubtedForAGuess()
    {
        var shop = Broken("api wrong store address").Sick("store").Looked();
        var proven = (await ProposeAsync(shop)).Hypotheses.First(h => h.Service == "api");
        Assert.True(proven.Confidence >= 0.8, $"{proven}");

        var guessed = (await ProposeAsync(Broken("queue unhealthy alone"))).Plan!;
        Assert.Contains(guessed.Tasks, t => t is { Type: "check_metrics", Target: "queue" });
        var looked = (await ProposeAsync(Broken("api wrong store address"))).Plan!;
        Assert.DoesNotContain(looked.Tasks, t => t.Type == "check_metrics");
    }

    [Theory]
    [InlineData("api paused", "unpause api", "restart api", "reconcile api")]
    [InlineData("api wrong store address", "set_env api STORE_URL", "reconcile api")]
    [InlineData("queue unhealthy alone", "restart queue", "reconcile queue")]
    [InlineData("store dead", "start store", "reconcile store")]
    public async Task Propose_StepDidNotHelp_TakesTheNextThenGivesUp(string fault, params string[] steps)
    {
        var shop = Broken(fault).Looked();
        var service = steps[0].Split(' ')[1];
        foreach (var step in steps)
        {
            var proposal = await ProposeAsync(shop);
            Assert.Contains(step, Actions(proposal.Plan!));
            shop.Ran(proposal.Plan!, [$"{service} does not answer"], undone: true);
        }

        for (var more = 0; more < 6; more++)
        {
            var proposal = await ProposeAsync(shop);
            if (proposal.Kind == ProposalKind.GiveUp)
            {
                return;
            }

            Assert.Empty(Actions(proposal.Plan!).Intersect(steps));
            shop.Ran(proposal.Plan!, [$"{proposal.Plan!.Tasks[0].Target} does not answer"]);
        }

        Assert.Fail("never gave up");
    }

    [Fact]
    public async Task Propose_UndoneWithoutBlame_RepeatsTheStepOnce()
    {
        var shop = Broken("three faults at once").Looked();
        var second = await ProposeAsync(shop);
        var third = await ProposeAsync(shop.Ran(second.Plan!, ["edge answers 502"], undone: true));
        Assert.Equal(["start store", "set_env api STORE_URL", "reconcile edge"], Actions(third.Plan!));
        var fourth = await ProposeAsync(shop.Ran(third.Plan!, ["edge answers 502"], undone: true));
        Assert.Equal(["reconcile store", "reconcile api"], Actions(fourth.Plan!));
    }

    [Fact]
    public async Task Propose_SeventhVersion_GivesUp() =>
        Assert.Equal(ProposalKind.GiveUp, (await ProposeAsync(Broken("store dead").Context() with { NextVersion = 7 })).Kind);

    [Fact]
    public async Task Propose_DependantsOfADeadService_AreLeftAlone()
    {
        var proposal = await ProposeAsync(new Shop { Text = "api and edge and worker are down" }.State("store", ServiceState.Stopped).Sick("api", "edge", "worker").Looked());
        Assert.Equal(["start store"], Actions(proposal.Plan!));
        Assert.Equal("store", proposal.Hypotheses[0].Service);
    }

    [Fact]
    public async Task Propose_SameInput_SamePlan()
    {
        var one = await ProposeAsync(Broken("three faults at once").Looked());
        var two = await ProposeAsync(Broken("three faults at once").Looked());
        Assert.Equal(Contracts.QuorateJson.Serialize(one.Plan), Contracts.QuorateJson.Serialize(two.Plan));
    }

    internal static Shop Broken(string fault) => fault switch
    {
        "store dead" => new Shop { Text = "customers cant order anything!!" }.State("store", ServiceState.Stopped).Drift("store", "running", "store").Sick("api", "edge", "worker").Log("api", "connection refused (127.0.0.1:8082)"),
        "cache dead" => new Shop().State("cache", ServiceState.Stopped).Sick("api", "edge"),
        "cache missing" => new Shop().State("cache", ServiceState.Missing).Sick("api", "edge"),
        "worker stopped" => new Shop { Text = "orders are never shipped" }.State("worker", ServiceState.Stopped),
        "api paused" => new Shop { Text = "site hangs" }.State("api", ServiceState.Paused).Sick("edge"),
        "api wrong store address" => new Shop { Text = "nothing works since the deploy" }.Drift("api", "environment", "STORE_URL").Sick("api", "edge").Log("api", "No such host is known (stroe:8082)"),
        "edge wrong api address" => new Shop { Text = "502 everywhere" }.Drift("edge", "environment", "API_URL").Sick("edge"),
        "cpu hog in api" => new Shop { Text = "es ist alles so langsam" }.Cpu("api", 1.8).Sick("api", "edge"),
        "cpu hog on a busy machine" => new Shop { Text = "todo va muy lento" }.Cpu("api", 0.6),
        "cpu hog in silence" => new Shop { Text = "hm" }.Cpu("api", 1.8),
        "store data unwritable" => new Shop { Text = "orders are lost" }.Drift("store", "data", "/srv/shop/data", "writable", "read_only").Sick("store", "api", "edge"),
        "store data unwritable, still healthy" => new Shop().Drift("store", "data", "/srv/shop/data", "writable", "full").Fails("place an order: 500 instead of 201"),
        "queue unhealthy alone" => new Shop().Sick("queue", "api", "worker", "edge"),
        "replicas fewer" => new Shop().Drift("worker", "replicas", "replicas", "3", "1"),
        "image drift on healthy cache" => new Shop().Drift("cache", "image", "image"),
        "network lost" => new Shop().Drift("cache", "networks", "backend").Sick("api", "edge"),
        "five variables at once" => Enumerable.Range(0, 2).Aggregate(new Shop().Sick("api"), (s, i) => s.Drift("api", "environment", i == 0 ? "STORE_URL" : "CACHE_URL"))
            .Drift("api", "environment", "PORT").Drift("api", "environment", "QUEUE_URL").Drift("api", "command", "command"),
        "three faults at once" => new Shop().State("store", ServiceState.Stopped).Drift("api", "environment", "STORE_URL").Drift("edge", "environment", "API_URL").Sick("api", "edge", "worker"),
        "dead and misconfigured" => new Shop().State("store", ServiceState.Stopped).State("worker", ServiceState.Missing).Sick("api", "edge"),
        "disk errors in the log" => new Shop().Sick("store", "api", "edge", "worker").Log("store", "Read-only file system : '/data/orders.log'"),
        "users' requests fail" => new Shop().Fails("place an order: 500 instead of 201").Log("api", "JsonException: the cached value is not valid"),
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, "unknown"),
    };

    private static string[] Actions(Plan plan) =>
        [.. plan.Tasks.Where(t => TaskCatalog.ChangesWorld(t.Type)).Select(t => $"{t.Type} {t.Target} {string.Join(' ', t.Args.Values)}".TrimEnd())];

    internal static Task<PlanProposal> ProposeAsync(Shop shop) => ProposeAsync(shop.Context());

    private static Task<PlanProposal> ProposeAsync(PlanningContext context) =>
        new RulebookPlanner(Book, PlanLimits.Default, new FixedTime(), new CountingIds()).ProposeAsync(context, TestContext.Current.CancellationToken);
}

internal sealed class FixedTime : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => Shop.Now;
}
