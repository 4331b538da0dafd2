using Quorate.Contracts.Sites;
using Quorate.Engine.Triage;
using Quorate.Engine.Triage.Monitoring;
using Quorate.Tests.Unit.Triage.Fakes;
using static Quorate.Tests.Unit.Triage.Fakes.Scenario;

namespace Quorate.Tests.Unit.Monitoring;

public sealed class SiteObserverTests
{
    /// <summary>On a busy machine a hog may get nothing of one short window.</summary>
    [Fact]
    public async Task Snapshot_HogIdleInTheFirstReading_IsSeenWhileTheProbesTakeTheirTime()
    {
        await using var server = new LoopbackServer(_ => (200, "ok"));
        var site = Site(Service("api") with { Health = server.Root });
        var readings = 0;
        var world = new FakeWorld(site) { Meter = _ => new ResourceUsage(readings++ == 0 ? 0 : 0.8, 1_000_000, 1) };
        var platform = new FakePlatform(world, new FakeProcess());
        var observer = new SiteObserver(site, platform, new SiteProber(site, platform, TriageHttp.Create(), TimeProvider.System), TimeProvider.System);

        var snapshot = await observer.SnapshotAsync(TestContext.Current.CancellationToken);

        Assert.InRange(readings, 2, 8);
        Assert.Equal(0.8 * (readings - 1) / readings, snapshot.Telemetry[0].Metrics.CpuLoad, 6);
    }
}
