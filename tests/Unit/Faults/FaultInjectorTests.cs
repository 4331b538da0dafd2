using System.Diagnostics;
using Quorate.Contracts;
using Quorate.Contracts.Sites;
using Quorate.Faults;

namespace Quorate.Tests.Unit.Faults;

public sealed class FaultInjectorTests : IDisposable
{
    private readonly FaultBench bench = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => bench.Dispose();

    [Fact]
    public void Catalog_Always_ListsEachNameOnceInOrder()
    {
        string[] names = SiteFaultCatalog.All.Select(f => f.Name).ToArray();
        Assert.Equal(names.Distinct().Order(StringComparer.Ordinal), names);
        Assert.All(SiteFaultCatalog.All, f =>
        {
            Assert.All([f.Summary, f.BlastRadius, f.Needs, f.Reverting, f.DefaultTarget, f.Resource], text => Assert.NotEmpty(text));
            Assert.InRange(f.MaxDuration, TimeSpan.FromSeconds(1), FaultInjector.LongestDuration);
            Assert.Subset(new HashSet<string> { "process", "docker" }, f.Platforms.ToHashSet());
        });
    }

    [Fact]
    public async Task Inject_SiteNotMarkedLab_RefusesAndChangesNothing()
    {
        using var real = new FaultBench(lab: false);
        var refused = await Assert.ThrowsAsync<QuorateException>(() => real.Injector().InjectAsync("stop", null, Stop));
        Assert.Equal((ErrorKind.Input, "not_a_lab"), (refused.Kind, refused.Code));
        Assert.Contains("--i-know", refused.Hint, StringComparison.Ordinal);
        Assert.Empty(real.Platform.Changes);
        await real.Injector(anySite: true).InjectAsync("stop", null, Stop);
        Assert.Equal(["stop worker"], real.Platform.Changes);
    }

    [Theory]
    [InlineData("melt", null, "unknown_fault")]
    [InlineData("stop", "nobody", "unknown_service")]
    [InlineData("db_conn_drift", "worker", "no_address_variable")]
    [InlineData("data_full", "store", "no_data_folder")]
    public async Task Inject_SomethingThatCannotBe_RefusesWithItsCode(string name, string? target, string code)
    {
        var refused = await Assert.ThrowsAsync<QuorateException>(() => bench.Injector().InjectAsync(name, target, Stop));
        Assert.Equal(code, refused.Code);
        Assert.Empty(bench.Platform.Changes);
        Assert.Empty(await bench.Injector().ActiveAsync());
    }

    [Fact]
    public async Task Inject_ProcessFaultOnDocker_SaysWhereItWorks()
    {
        using var docker = new FaultBench("docker");
        var refused = await Assert.ThrowsAsync<QuorateException>(() => docker.Injector().InjectAsync("data_readonly", null, Stop));
        Assert.Equal("fault_not_on_platform", refused.Code);
    }

    [Fact]
    public async Task Inject_TargetNotRunning_Refuses()
    {
        bench.Platform["worker"] = bench.Platform["worker"] with { State = ServiceState.Stopped };
        var refused = await Assert.ThrowsAsync<QuorateException>(() => bench.Injector().InjectAsync("stop", null, Stop));
        Assert.Equal("target_not_running", refused.Code);
    }

    /// <summary>Whoever was stopping it is gone, and it would end after the revert had seen it running.</summary>
    [Theory]
    [InlineData("stop", "stop worker", "stop worker", "start worker")]
    [InlineData("pause", "pause worker")]
    public async Task Revert_InjectorKilledHalfway_LeavesNothingToEndLater(string name, params string[] changes)
    {
        bench.Platform.Failure = new OperationCanceledException("killed");
        await Assert.ThrowsAsync<OperationCanceledException>(() => bench.Injector().InjectAsync(name, "worker", Stop));
        Assert.False(Assert.Single(await bench.Injector().ActiveAsync()).Applied);

        await bench.Injector().RevertAsync(null, Stop);

        Assert.Equal(changes, bench.Platform.Changes);
        Assert.Equal(ServiceState.Running, bench.Platform["worker"].State);
        Assert.Empty(await bench.Injector().ActiveAsync());
    }

    [Fact]
    public async Task Inject_AgainAfterARepair_BreaksItAgainWithOneRecord()
    {
        await bench.Injector().InjectAsync("stop", null, Stop);
        await bench.Platform.StartAsync("worker", "repair", Stop);
        var again = await bench.Injector().InjectAsync("stop", null, Stop);
        Assert.Equal(["stop worker", "start worker", "stop worker"], bench.Platform.Changes);
        Assert.Equal(again.EffectKey, Assert.Single(await bench.Injector().ActiveAsync()).EffectKey);
    }

    [Fact]
    public async Task Inject_WhileTheSameIsActive_TakesItBackFirst()
    {
        await bench.Injector().InjectAsync("stop", null, Stop);
        await bench.Injector().InjectAsync("stop", null, Stop);
        Assert.Equal(["stop worker", "start worker", "stop worker"], bench.Platform.Changes);
        Assert.Single(await bench.Injector().ActiveAsync());
    }

    [Theory]
    [InlineData("stop", "worker", "stop worker", "start worker")]
    [InlineData("pause", "api", "pause api", "unpause api")]
    [InlineData("bad_upstream", "edge", "recreate edge", "recreate edge")]
    public async Task Revert_ByAnotherProcess_TakesTheEffectBackOnce(string name, string target, string effect, string inverse)
    {
        FaultReceipt receipt = await bench.Injector().InjectAsync(name, null, Stop);
        Assert.Equal(target, receipt.Target);
        Assert.Equal(receipt.EffectKey, Assert.Single(await bench.Injector().ActiveAsync()).EffectKey);

        FaultReceipt reverted = Assert.Single(await bench.Injector().RevertAsync(null, Stop));

        Assert.NotNull(reverted.RevertedAt);
        Assert.Equal([effect, inverse], bench.Platform.Changes);
        Assert.Equal(ServiceState.Running, bench.Platform[target].State);
        Assert.Empty(await bench.Injector().RevertAsync(null, Stop));
        Assert.Empty(await bench.Injector().ActiveAsync());
    }

    [Fact]
    public async Task Revert_AlreadyRepaired_LeavesTheServiceAlone()
    {
        await bench.Injector().InjectAsync("stop", null, Stop);
        await bench.Platform.StartAsync("worker", "repair", Stop);
        await bench.Injector().RevertAsync("stop", Stop);
        Assert.Equal(["stop worker", "start worker"], bench.Platform.Changes);
    }

    [Fact]
    public async Task Inject_EffectFails_TakesItBackAndForgetsIt()
    {
        bench.Platform.Failure = new PlatformException("engine is busy", retryable: true);
        await Assert.ThrowsAsync<PlatformException>(() => bench.Injector().InjectAsync("pause", null, Stop));
        Assert.Empty(await bench.Injector().ActiveAsync());
    }

    [Fact]
    public async Task Revert_OneCannotBeReverted_StillRevertsTheOthersAndKeepsItsRecord()
    {
        await bench.Injector().InjectAsync("stop", "worker", Stop);
        await bench.Injector().InjectAsync("stop", "cache", Stop);
        bench.Platform.Failure = new PlatformException("no", retryable: false);
        await Assert.ThrowsAsync<PlatformException>(() => bench.Injector().RevertAsync(null, Stop));
        Assert.Single(await bench.Injector().ActiveAsync());
        Assert.Single(await bench.Injector().RevertAsync(null, Stop));
        Assert.All(["worker", "cache"], s => Assert.Equal(ServiceState.Running, bench.Platform[s].State));
    }

    [Fact]
    public async Task Active_BrokenRecord_NamesTheFile()
    {
        await bench.Injector().InjectAsync("stop", null, Stop);
        string file = Assert.Single(Directory.GetFiles(Path.Combine(bench.State, "faults"), "*.json"));
        await File.WriteAllTextAsync(file, "{", Stop);
        var broken = await Assert.ThrowsAsync<QuorateException>(() => bench.Injector().ActiveAsync());
        Assert.Contains(file, broken.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Crash_OnAProcess_KillsItWithSigkill()
    {
        using var victim = Process.Start("sleep", "60");
        try
        {
            bench.Platform["store"] = bench.Platform["store"] with { Pid = victim.Id };
            await bench.Injector().InjectAsync("crash", null, Stop);
            await victim.WaitForExitAsync(Stop);
            Assert.Equal(128 + 9, victim.ExitCode);
        }
        finally
        {
            victim.Kill();
        }
    }
}
