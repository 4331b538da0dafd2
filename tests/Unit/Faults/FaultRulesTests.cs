using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Sites;
using Quorate.Faults;
using Quorate.Tests.Unit.Tidy;

namespace Quorate.Tests.Unit.Faults;

public sealed class FaultRulesTests : IDisposable
{
    private readonly FaultBench bench = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => bench.Dispose();

    [Fact]
    public async Task Inject_ServiceIsTakenByAnother_RefusesAndNamesIt()
    {
        await bench.Injector().InjectAsync("pause", "worker", Stop);
        var refused = await Assert.ThrowsAsync<QuorateException>(() => bench.Injector().InjectAsync("stop", "worker", Stop));
        Assert.Equal((ErrorKind.Input, "faults_overlap"), (refused.Kind, refused.Code));
        Assert.Contains("pause", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["pause worker"], bench.Platform.Changes);
        await bench.Injector().InjectAsync("stop", "cache", Stop);
        Assert.Equal(2, (await bench.Injector().ActiveAsync()).Count);
    }

    [Fact]
    public async Task Inject_TheOtherWasRepaired_IsNoHindrance()
    {
        await bench.Injector().InjectAsync("stop", "worker", Stop);
        await bench.Platform.StartAsync("worker", "a repair", Stop);
        await bench.Injector().InjectAsync("pause", "worker", Stop);
        Assert.Equal("pause", Assert.Single(await bench.Injector().ActiveAsync()).Name);
    }

    [Theory]
    [InlineData("stop", "worker")]
    [InlineData("db_conn_drift", "api")]
    public async Task Revert_WholeSiteIsDown_StartsNothing(string fault, string target)
    {
        await bench.Injector().InjectAsync(fault, target, Stop);
        foreach (var service in bench.Site.Services)
        {
            bench.Platform[service.Name] = bench.Platform[service.Name] with { State = ServiceState.Missing };
        }

        var changes = bench.Platform.Changes.Count;
        List<string> told = [];
        Assert.Single(await bench.Injector().RevertAsync(null, Stop, r => Task.Run(() => told.Add(r.Name), Stop)));
        Assert.Equal(changes, bench.Platform.Changes.Count);
        Assert.Equal([fault], told);
    }

    [Fact]
    public async Task Inject_Done_RecordSaysUntilWhenAndForWhom()
    {
        var owner = FaultOwner.Current;
        var injector = new FaultInjector(bench.Site, bench.Platform, bench.State, TimeProvider.System) { Owner = owner };
        var receipt = await injector.InjectAsync("stop", null, Stop);
        Assert.Equal((TimeSpan.FromMinutes(10), owner, true), (receipt.Deadline - receipt.InjectedAt, receipt.Owner, receipt.Applied));
        Assert.Equal(receipt.Deadline, Assert.Single(await bench.Injector().ActiveAsync()).Deadline);
        var longer = new FaultInjector(bench.Site, bench.Platform, bench.State, TimeProvider.System) { Duration = TimeSpan.FromDays(1) };
        var bounded = await longer.InjectAsync("pause", null, Stop);
        Assert.Equal(FaultInjector.LongestDuration, bounded.Deadline - bounded.InjectedAt);
    }

    [Fact]
    public async Task Inject_Watchdog_IsStartedBeforeTheEffect()
    {
        List<string> order = [];
        var injector = new FaultInjector(bench.Site, bench.Platform, bench.State, TimeProvider.System)
        {
            StartWatchdog = () => order.Add($"watchdog after {bench.Platform.Changes.Count} changes"),
        };
        await injector.InjectAsync("stop", null, Stop);
        Assert.Equal(["watchdog after 0 changes"], order);
    }

    [Theory]
    [InlineData("stop", "worker", ServiceState.Stopped)]
    [InlineData("pause", "api", ServiceState.Paused)]
    public async Task Fault_InjectedAndReverted_IsSeenByLooking(string name, string target, ServiceState state)
    {
        ISiteFault fault = SiteFaultCatalog.Find(name);
        var receipt = await bench.Injector().InjectAsync(name, null, Stop);
        var context = bench.Injector().Context;
        Assert.Equal(state, bench.Platform[target].State);
        Assert.True(await fault.IsInEffectAsync(context, receipt, Stop));
        Assert.Contains(target, await fault.CheckInvariantAsync(context, receipt, Stop), StringComparison.Ordinal);
        await bench.Injector().RevertAsync(name, Stop);
        Assert.False(await fault.IsInEffectAsync(context, receipt, Stop));
        Assert.Null(await fault.CheckInvariantAsync(context, receipt, Stop));
    }

    [Fact]
    public async Task Revert_ContainerRemovedWithItsSite_HasNothingLeftToDo()
    {
        using var docker = new FaultBench("docker");
        await docker.Injector().InjectAsync("stop", null, Stop);
        docker.Platform["worker"] = docker.Platform["worker"] with { State = ServiceState.Missing };
        Assert.Single(await docker.Injector().RevertAsync(null, Stop));
        Assert.Equal(["stop worker"], docker.Platform.Changes);
        Assert.Empty(await docker.Injector().ActiveAsync());
    }

    [Fact]
    public async Task Revert_EngineUnreachable_SaysWhatIsMissingAndKeepsTheRecord()
    {
        await bench.Injector().InjectAsync("stop", null, Stop);
        bench.Platform.Failure = QuorateException.Missing("docker_unreachable", "no Docker Engine answers", "start dockerd");
        var missing = await Assert.ThrowsAsync<QuorateException>(() => bench.Injector().RevertAsync(null, Stop));
        Assert.Equal(ErrorKind.Missing, missing.Kind);
        Assert.Single(await bench.Injector().ActiveAsync());
        Assert.Single(await bench.Injector().RevertAsync(null, Stop));
    }

    [Fact]
    public async Task FindRecords_FileGone_AnswersItsFaults()
    {
        string sites = Path.Combine(bench.State, "sites");
        await new FaultInjector(bench.Site, bench.Platform, Path.Combine(sites, bench.Site.Id), TimeProvider.System).InjectAsync("stop", null, Stop);
        Assert.Equal("stop", Assert.Single(FaultInjector.FindRecords(sites, bench.Site.ComposeFile)).Name);
        Assert.Empty(FaultInjector.FindRecords(sites, "/another/compose.yml"));
    }

    [Fact]
    public void Remedies_OfEveryFault_AreTasksThatPlansMayHold()
    {
        string[] coming = ["restore_config", "end_sessions"];
        Assert.All(SiteFaultCatalog.All, fault => Assert.All(Remedies(fault), remedy =>
        {
            Assert.Contains(remedy.Type, TaskCatalog.Types.Keys.Concat(coming));
        }));
        Assert.All(SiteFaultCatalog.All, fault => Assert.Equal(fault.DefaultTarget, Remedies(fault)[0].Target));
    }

    [Fact]
    public void Documentation_Table_IsTheCatalogue()
    {
        string[] written = [.. File.ReadLines(Path.Combine(Repository.Root, "docs/faults.md")).Where(l => l.StartsWith("| `", StringComparison.Ordinal) && l.Split('|').Length > 5)];
        string[] wanted = [.. SiteFaultCatalog.All.Select(f =>
            $"| `{f.Name}` | {f.DefaultTarget} | {f.Resource} | {string.Join(", ", f.Platforms)} | {string.Join(", ", Remedies(f).Select(r => r.Type).Distinct())} | {f.Summary} {f.BlastRadius} |")];
        Assert.Equal(wanted, written);
    }

    private IReadOnlyList<FaultRemedy> Remedies(ISiteFault fault)
    {
        var receipt = new FaultReceipt { Name = fault.Name, Target = fault.DefaultTarget, SiteId = "s", Platform = "p", InjectedAt = default, EffectKey = "k" };
        return fault.Remedies(bench.Injector().Context, receipt);
    }
}
