using System.Diagnostics;
using Quorate.Contracts.Sites;
using Quorate.Faults;

namespace Quorate.Tests.Unit.Faults;

public sealed class FaultWatchdogTests : IDisposable
{
    private readonly FaultBench bench = new();
    private readonly List<string> told = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => bench.Dispose();

    [Fact]
    public async Task Run_DeadlineHasPassed_RevertsAndEnds()
    {
        await Injector(null, TimeSpan.FromMilliseconds(1)).InjectAsync("stop", null, Stop);
        await Watchdog().RunAsync(Tell, Stop);
        Assert.Equal(["stop worker", "start worker"], bench.Platform.Changes);
        Assert.Equal(["reverted stop on worker"], told);
        Assert.Empty(await bench.Injector().ActiveAsync());
    }

    [Fact]
    public async Task Run_OwnerIsKilled_RevertsOnlyThen()
    {
        using var owner = Process.Start("sleep", "60");
        try
        {
            await Injector(FaultOwner.Of(owner.Id), null).InjectAsync("pause", null, Stop);
            Task watching = Watchdog().RunAsync(Tell, Stop);
            Assert.NotSame(watching, await Task.WhenAny(watching, Task.Delay(TimeSpan.FromMilliseconds(600), TimeProvider.System, Stop)));
            Assert.Equal(["pause api"], bench.Platform.Changes);

            owner.Kill();
            await watching.WaitAsync(TimeSpan.FromSeconds(5), Stop);

            Assert.Equal(["pause api", "unpause api"], bench.Platform.Changes);
        }
        finally
        {
            owner.Kill();
        }
    }

    [Fact]
    public async Task Run_InjectorDiedHalfway_RevertsWhatIsThere()
    {
        using var injector = Process.Start("true");
        await injector.WaitForExitAsync(Stop);
        var receipt = await bench.Injector().InjectAsync("stop", null, Stop);
        new FaultRecords(bench.State, bench.Site.Id).Write(receipt with { Applied = false, Owner = new FaultOwner(injector.Id, 1) });
        await Watchdog().RunAsync(Tell, Stop);
        Assert.Equal(ServiceState.Running, bench.Platform["worker"].State);
        Assert.Empty(await bench.Injector().ActiveAsync());
    }

    [Fact]
    public async Task Run_RevertFails_TriesAgainUntilItIsReverted()
    {
        await Injector(null, TimeSpan.FromMilliseconds(1)).InjectAsync("stop", null, Stop);
        bench.Platform.Failure = new PlatformException("the engine is away", retryable: true);
        await Watchdog().RunAsync(Tell, Stop);
        Assert.Equal(2, told.Count);
        Assert.Contains("the engine is away", told[0], StringComparison.Ordinal);
        Assert.Equal(ServiceState.Running, bench.Platform["worker"].State);
    }

    [Fact]
    public async Task Run_AnotherOneWatches_LeavesIt()
    {
        await bench.Injector().InjectAsync("stop", null, Stop);
        using IDisposable? other = new FaultRecords(bench.State, bench.Site.Id).TryLock($"{bench.Site.Id}.watch");
        Assert.NotNull(other);
        await Watchdog().RunAsync(Tell, Stop).WaitAsync(TimeSpan.FromSeconds(5), Stop);
        Assert.Equal(["stop worker"], bench.Platform.Changes);
    }

    [Fact]
    public async Task Run_StarterLivesAndNothingIsOnRecord_GoesOnWatching()
    {
        await bench.Injector().InjectAsync("stop", null, Stop);
        await bench.Injector().RevertAsync(null, Stop);
        using var starter = Process.Start("sleep", "60");
        try
        {
            Task watching = new FaultWatchdog(bench.Injector(), bench.State, bench.Site.Id, FaultOwner.Of(starter.Id), TimeProvider.System).RunAsync(Tell, Stop);
            Assert.NotSame(watching, await Task.WhenAny(watching, Task.Delay(TimeSpan.FromMilliseconds(600), TimeProvider.System, Stop)));
            starter.Kill();
            await watching.WaitAsync(TimeSpan.FromSeconds(5), Stop);
        }
        finally
        {
            starter.Kill();
        }
    }

    private FaultInjector Injector(FaultOwner? owner, TimeSpan? duration) =>
        new(bench.Site, bench.Platform, bench.State, TimeProvider.System) { Owner = owner, Duration = duration };

    private FaultWatchdog Watchdog() => new(bench.Injector(), bench.State, bench.Site.Id, null, TimeProvider.System);

    private Task Tell(FaultReceipt? receipt, string said)
    {
        told.Add(said);
        return Task.CompletedTask;
    }
}
