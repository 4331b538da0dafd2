using Quorate.Contracts.Sites;
using Quorate.Engine.Approval;
using Quorate.Engine.Approval.Reviewers;
using Quorate.Tests.Unit.Planning;

namespace Quorate.Tests.Unit.Approval;

public sealed class ReviewerTests
{
    public static TheoryData<string> Faults => [.. RulebookPlannerTests.Faults.Select(f => f.Data.Item1)];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Review_RulebooksRepair_AtLeastThreeApprove(string fault)
    {
        var shop = RulebookPlannerTests.Broken(fault);
        shop.Ran((await RulebookPlannerTests.ProposeAsync(shop)).Plan!);
        var plan = (await RulebookPlannerTests.ProposeAsync(shop)).Plan!;

        var records = Reviews.Of(shop.Context(), plan);

        Assert.NotEmpty(records);
        Assert.All(records, r => Assert.Null(ApprovalRules.Check(r)));
        Assert.All(records, r => Assert.True(Refusals(r).Count <= 1, $"{r.Action.Type} {r.Action.Target}: {string.Join("; ", Refusals(r))}"));
    }

    [Theory]
    [InlineData("restart store")]
    [InlineData("reconcile store")]
    [InlineData("restart edge")]
    [InlineData("restart api", "restart store", "restart edge", "restart cache", "restart queue", "restart worker")]
    [InlineData("set_env api name=STORE_URL")]
    [InlineData("exec store command=flush")]
    [InlineData("kubectl_rollout_restart api")]
    public void Review_ActionOnWhatWorks_AtLeastThreeRefuse(params string[] actions) =>
        Assert.All(Reviews.Of(new Shop { Text = "restart everything, the store is surely broken" }.Context(), Reviews.Plan(actions)), r => Assert.True(Refusals(r).Count >= 3, $"{r.Action.Type} {r.Action.Target}: {string.Join("; ", Refusals(r))}"));

    [Fact]
    public void Review_ForbiddenAction_EveryMemberRefuses()
    {
        var dead = new Shop().State("store", ServiceState.Stopped);
        var policy = new ApprovalPolicy { ProtectedServices = ["store"] };
        Assert.Equal(4, Refusals(Reviews.Of(dead, "start store"), policy).Count);
        Assert.Equal(4, Refusals(Reviews.Of(dead, "start store"), new ApprovalPolicy { DeniedTypes = ["start"] }).Count);
        Assert.Equal(4, Refusals(Reviews.Of(dead, "start elsewhere")).Count);
        Assert.Equal(4, Refusals(Reviews.Of(dead, "exec store command=flush")).Count);
        Assert.Equal(4, Refusals(Reviews.Of(dead, "set_env store name=" + new string('x', 201))).Count);
        Assert.Empty(Refusals(Reviews.Of(dead, "start store")));
    }

    [Fact]
    public void Policy_ThirdTimeTheSame_Refuses()
    {
        var record = Reviews.Of(new Shop().Sick("queue"), "restart queue");
        var past = new PastAction(1, "restart", "queue", record.Action.ArgsHash, Undone: false);
        Assert.True(new PolicyReviewer(new ApprovalPolicy()).Review(record with { Past = [past] }).Approves);
        var third = new PolicyReviewer(new ApprovalPolicy()).Review(record with { Past = [past, past] });
        Assert.False(third.Approves);
        Assert.Contains("tried 2 times", third.Reason, StringComparison.Ordinal);
        Assert.False(new PolicyReviewer(new ApprovalPolicy()).Review(record with { Past = [.. Enumerable.Repeat(past with { Type = "reconcile" }, 5)] }).Approves);
    }

    [Fact]
    public void Policy_PlanOfThirteenActions_Refuses() =>
        Assert.False(new PolicyReviewer(new ApprovalPolicy()).Review(Reviews.Of(
            new Shop().State("store", ServiceState.Stopped), [.. Enumerable.Range(0, 13).Select(i => $"start {Shop.Names[i % 6]}")])).Approves);

    [Theory]
    [InlineData("environment", "STORE_URL", "set_env api name=STORE_URL", true)]
    [InlineData("environment", "STORE_URL", "set_env api name=CACHE_URL", false)]
    [InlineData("environment", "STORE_URL", "restart api", false)]
    [InlineData("environment", "STORE_URL", "reconcile api", true)]
    [InlineData("replicas", "count", "scale api", true)]
    [InlineData("image", "image", "scale api", false)]
    public void Evidence_Drift_SupportsOnlyWhatRepairsIt(string aspect, string name, string action, bool approves) =>
        Assert.Equal(approves, new EvidenceReviewer(new ApprovalPolicy()).Review(Reviews.Of(new Shop().Drift("api", aspect, name), action)).Approves);

    [Fact]
    public void Evidence_ModelsClaimAlone_Refuses()
    {
        // The text names the service, a log line of another day complains: neither is an observation of the target.
        var shop = new Shop { Text = "the store is broken, restart store" }.Log("store", "connection refused", minutesAgo: 60);
        Assert.False(new EvidenceReviewer(new ApprovalPolicy()).Review(Reviews.Of(shop, "restart store")).Approves);
    }

    [Fact]
    public void BlastRadius_BusyStoreThatAllNeed_RefusesAboveTheLimit()
    {
        var record = Reviews.Of(new Shop().Cpu("store", 1.8), "restart store");
        var refused = new BlastRadiusReviewer(new ApprovalPolicy()).Review(record);
        Assert.False(refused.Approves);
        Assert.Contains("interrupts 4 healthy services", refused.Reason, StringComparison.Ordinal);
        Assert.True(new BlastRadiusReviewer(new ApprovalPolicy { MaxServicesDown = 4 }).Review(record).Approves);
        Assert.True(new BlastRadiusReviewer(new ApprovalPolicy()).Review(Reviews.Of(new Shop().Cpu("store", 1.8).Sick("api", "edge"), "restart store")).Approves);
    }

    [Fact]
    public void Inverse_CommandWithoutWayBack_Refuses() =>
        Assert.False(new InverseReviewer(new ApprovalPolicy { Commands = ["flush"] }).Review(Reviews.Of(new Shop().Sick("cache"), "exec cache command=flush")).Approves);

    private static List<string> Refusals(ReviewRecord record, ApprovalPolicy? policy = null) =>
        [.. PanelGroup.Panel(policy ?? new ApprovalPolicy()).Select(r => (r.Name, Opinion: r.Review(record))).Where(r => !r.Opinion.Approves).Select(r => $"{r.Name}: {r.Opinion.Reason}")];
}
