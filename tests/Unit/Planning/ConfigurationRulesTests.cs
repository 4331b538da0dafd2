using Quorate.Contracts.Plans;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Planning;
using Quorate.Engine.Triage.Planning.Rules;
using Quorate.Tests.Unit.Approval;

namespace Quorate.Tests.Unit.Planning;

/// <summary>What the rules make of differences from the healthy site, and of what services say is wrong with them.</summary>
public sealed class ConfigurationRulesTests
{
    private static readonly Rulebook Book = RulebookLoader.Load();

    /// <summary>What is seen, and the actions of the repair plan in order, as <c>type target [argument]</c>.</summary>
    public static TheoryData<string, string[]> Faults => new()
    {
        { "grant revoked, store looks healthy", ["restore_config store grant/TABLE orders to app"] },
        { "queue deleted with its binding", ["restore_config queue queue/orders", "restore_config queue binding/orders"] },
        { "edge's file changed", ["reconcile edge"] },
        { "setting and file changed", ["restore_config cache setting/maxmemory"] },
        { "sessions blocked", ["end_sessions store"] },
        { "connections used up", ["end_sessions store"] },
        { "process stopped", ["restart worker"] },
        { "credentials refused", ["restart cache"] },
        { "spoiled content", ["restart cache"] },
        { "messages not taken", ["restart worker"] },
        { "hangs behind a healthy word", ["restart api"] },
        { "firewall rule, all healthy", ["restore_config queue firewall/filter -A INPUT -j DROP"] },
        { "proven beside a guess", ["restore_config store setting/work_mem"] },
        { "user changed, no inverse", ["restart cache"] },
        { "user changed where data is kept, no inverse", ["restart api"] },
        { "two services changed", ["restore_config store index/i", "restore_config queue limit/memory"] },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Propose_WhatServicesSay_RepairsThere(string fault, string[] actions)
    {
        var shop = Broken(fault);
        var first = await ProposeAsync(shop);
        Assert.DoesNotContain(first.Plan!.Tasks, t => TaskCatalog.ChangesWorld(t.Type));

        var second = await ProposeAsync(shop.Ran(first.Plan));

        Assert.Equal(ProposalKind.Plan, second.Kind);
        Assert.Equal(actions, second.Plan!.Tasks.Where(t => TaskCatalog.ChangesWorld(t.Type))
            .Select(t => $"{t.Type} {t.Target}" + string.Concat(t.Args.Values.Select(v => " " + v.GetString()))));
        Assert.All(second.Hypotheses, h => Assert.InRange(h.Confidence, 0, 1));
        Assert.Equal(actions[0].Split(' ')[1], second.Hypotheses[0].Service);

        // A repair that the panel never lets through is none.
        using var panel = new PanelGroup(1);
        Assert.All(Reviews.Of(shop.Context(), second.Plan), r => Assert.True(panel.Decide(r) is { Approved: true }, $"{r.Action.Type} of {r.Action.Target}: {panel.Decide(r)?.Reason}"));
    }

    [Fact]
    public async Task Propose_RestoreDidNotHelp_TakesAnotherCause()
    {
        var shop = new Shop().Sick("store").Config("store", "setting/work_mem");
        var looked = shop.Ran((await ProposeAsync(shop)).Plan!);
        var restore = await ProposeAsync(looked);
        looked.Ran(restore.Plan!, ["store: health check fails"], undone: true);
        var next = await ProposeAsync(looked);
        Assert.Contains(next.Plan!.Tasks, t => t is { Type: "restart", Target: "store" });
    }

    [Theory]
    [InlineData("nginx: could not be resolved (3: Host not found)", "name_unknown")]
    [InlineData("ERROR:  permission denied for table orders", "permission")]
    [InlineData("42703: column \"item\" of relation \"orders\" does not exist", "schema_changed")]
    [InlineData("FATAL:  no pg_hba.conf entry for host \"172.20.0.7\", user \"app\"", "login_refused")]
    [InlineData("FATAL:  remaining connection slots are reserved for non-replication superuser connections", "connections_used_up")]
    [InlineData("FATAL:  sorry, too many clients already", "connections_used_up")]
    [InlineData("OOM command not allowed when used memory > 'maxmemory'.", "memory_limit")]
    [InlineData("MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.", "save_failed")]
    [InlineData("WRONGTYPE Operation against a key holding the wrong kind of value", "bad_content")]
    [InlineData("NOAUTH Authentication required.", "login_refused")]
    [InlineData("ACCESS_REFUSED - access to queue 'orders' in vhost '/' refused for user 'cloud'", "permission")]
    [InlineData("memory resource limit alarm set on node rabbit@queue.", "memory_limit")]
    [InlineData("PRECONDITION_FAILED - inequivalent arg 'x-max-length' for queue 'orders' in vhost '/'", "queue_refuses")]
    [InlineData("NOT_FOUND - no queue 'orders' in vhost '/'", "queue_gone")]
    [InlineData("The remote certificate has expired", "certificate")]
    [InlineData("accept: Too many open files", "connections_used_up")]
    public void Logs_RealPhrases_AreKnown(string line, string pattern) => Assert.Matches(Book.Logs[pattern], line);

    private static Shop Broken(string fault) => fault switch
    {
        "grant revoked, store looks healthy" => new Shop().Sick("api", "edge").Config("store", "grant/TABLE orders to app"),
        "queue deleted with its binding" => new Shop().Sick("worker").Config("queue", "binding/orders").Config("queue", "queue/orders"),
        "edge's file changed" => new Shop().Fails("place an order: answers 502").Config("edge", "conf//etc/nginx/a.conf", restorable: false),
        "setting and file changed" => new Shop().Sick("api").Config("cache", "setting/maxmemory").Config("cache", "hosts/lines", restorable: false),
        "sessions blocked" => new Shop().Sick("api").Condition("store", ConditionKinds.SessionsBlocked),
        "connections used up" => new Shop().Sick("api").Condition("store", ConditionKinds.SlotsUsedUp),
        "process stopped" => new Shop().Condition("worker", ConditionKinds.ProcessStopped),
        "credentials refused" => new Shop().Sick("api").Condition("cache", ConditionKinds.AdminDenied),
        "spoiled content" => new Shop().Fails("place an order: answers 500").Log("api", "cache holds under order:1 what is not that order"),
        "messages not taken" => new Shop().Fails("the worker does not keep up").Condition("queue", ConditionKinds.NoConsumers),
        "hangs behind a healthy word" => new Shop().Fails("place an order: no answer").Log("edge", "upstream timed out while reading from http://127.0.0.1:8081/orders"),
        "firewall rule, all healthy" => new Shop { Text = "now and then a request fails" }.Config("queue", "firewall/filter -A INPUT -j DROP"),
        "proven beside a guess" => new Shop().Fails("place an order: no answer").Log("api", "connection refused (cache:8083)").Config("store", "setting/work_mem"),
        "user changed, no inverse" => new Shop().Sick("api").Config("cache", "user/default", restorable: false),
        "user changed where data is kept, no inverse" => new Shop().Sick("api").Config("queue", "user/monitor", restorable: false),
        "two services changed" => new Shop().Sick("api").Config("store", "index/i").Config("queue", "limit/memory"),
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, "unknown"),
    };

    private static Task<PlanProposal> ProposeAsync(Shop shop) =>
        new RulebookPlanner(Book, PlanLimits.Default, TimeProvider.System, new CountingIds()).ProposeAsync(shop.Context(), TestContext.Current.CancellationToken);
}
