using Quorate.Contracts.Sites;
using Quorate.Harness.Sites;
using Quorate.Tests.Unit.Triage.Fakes;
using static Quorate.Tests.Unit.Triage.Fakes.Scenario;

namespace Quorate.Tests.Unit.Harness;

public sealed class OracleProberTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Glance_OneServiceStoppedAnotherHangs_TellsWhatIsKnownWithoutWaiting()
    {
        await using var hanging = new LoopbackServer(_ => null);
        var site = Site(Service("api") with { Health = hanging.Root }, Service("db"));
        var world = new FakeWorld(site);
        world["db"] = world["db"] with { State = ServiceState.Stopped };
        var time = new FakeTime();
        using var prober = new OracleProber(site, new FakePlatform(world, new FakeProcess()), time);

        var looking = prober.GlanceAsync(Token);
        // One timer is the patience with what hangs, the other the moment after the first failure.
        while (time.Armed < 2)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Token);
        }

        time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(["db: stopped"], await looking);
    }

    [Fact]
    public async Task Look_AllAnswer_TellsNothing()
    {
        await using var server = new LoopbackServer(_ => (200, "ok"));
        var site = Site(Service("api") with { Health = server.Root });
        using var prober = new OracleProber(site, new FakePlatform(new FakeWorld(site), new FakeProcess()), TimeProvider.System);
        Assert.Empty(await prober.LookAsync(Token));
        Assert.Empty(await prober.GlanceAsync(Token));
    }
}
