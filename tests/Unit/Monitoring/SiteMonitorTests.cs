using Quorate.Contracts.Sites;
using Quorate.Engine.Triage;
using Quorate.Engine.Triage.Monitoring;
using Quorate.Tests.Unit.Triage.Fakes;
using static Quorate.Tests.Unit.Triage.Fakes.Scenario;

namespace Quorate.Tests.Unit.Monitoring;

public sealed class SiteMonitorTests
{
    private readonly FakeTime _time = new();
    private readonly FakeWorld _world = new(Site(Service("api", ("MODE", "live")), Service("store")));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Verify_HealthyThroughTheWindow_Passes()
    {
        var report = await VerifyAsync(new VerifyRequest());
        Assert.True(report.Passed);
        Assert.Null(report.FirstDeviation);
        Assert.InRange(report.Rounds, 12, 14);
        Assert.InRange(_time.GetUtcNow() - FakeTime.Start, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Verify_HealthyAfterAWhile_WaitsAndPasses()
    {
        _world.Physics = w => w.SetHealth("api", _time.GetUtcNow() - FakeTime.Start > TimeSpan.FromSeconds(5));
        var report = await VerifyAsync(new VerifyRequest());
        Assert.True(report.Passed);
        Assert.InRange(_time.GetUtcNow() - FakeTime.Start, TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(11));
    }

    [Fact]
    public async Task Verify_NeverHealthy_FailsAtTheSettleLimitAndKnowsWhenItBegan()
    {
        _world.SetHealth("store", false);
        var report = await VerifyAsync(new VerifyRequest());
        Assert.False(report.Passed);
        Assert.Equal(0, report.FirstDeviation);
        Assert.InRange(_time.GetUtcNow() - FakeTime.Start, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(18));
        Assert.Equal(["api"], report.HealthyServices);
    }

    [Fact]
    public async Task Verify_ServiceHasEnded_DoesNotWaitForIt()
    {
        _world["store"] = _world["store"] with { State = ServiceState.Stopped };
        var report = await VerifyAsync(new VerifyRequest());
        Assert.False(report.Passed);
        Assert.InRange(_time.GetUtcNow() - FakeTime.Start, SiteMonitor.GoneAfter, SiteMonitor.GoneAfter + TimeSpan.FromSeconds(1));
        Assert.Equal(["api"], report.HealthyServices);
    }

    [Fact]
    public async Task Verify_FailsOnceWithinTheWindow_FailsAtOnce()
    {
        _world.Physics = w => w.SetHealth("api", _time.GetUtcNow() - FakeTime.Start < TimeSpan.FromSeconds(2));
        var report = await VerifyAsync(new VerifyRequest());
        Assert.False(report.Passed);
        Assert.InRange(_time.GetUtcNow() - FakeTime.Start, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2.9));
        Assert.Contains("api", Assert.Single(report.Deviations), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_SuspectUsesACore_Deviates()
    {
        _world.Usage["api"] = new ResourceUsage(0.97, 1, 1);
        Assert.False((await VerifyAsync(new VerifyRequest { Suspects = ["api"] })).Passed);
        Assert.False((await VerifyAsync(new VerifyRequest())).Passed);
        Assert.True((await VerifyAsync(new VerifyRequest { Suspects = ["store"] })).Passed);
    }

    [Fact]
    public async Task Verify_DriftSinceTheBaseline_IsCollateral()
    {
        var known = new SiteBaseline([], ["api/environment/MODE"]);
        _world["api"] = _world["api"] with { Environment = new Dictionary<string, string> { ["MODE"] = "debug" } };
        Assert.True((await VerifyAsync(new VerifyRequest { Baseline = known })).Passed);
        var report = await VerifyAsync(new VerifyRequest { Baseline = new SiteBaseline([], []) });
        Assert.Contains("MODE", Assert.Single(report.Deviations), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Snapshot_LogsAndValues_AreBoundedAndClean()
    {
        _world.Logs["api"] = [.. Enumerable.Range(0, 50).Select(i => new LogLine { Ts = _time.GetUtcNow(), Level = i % 2 == 0 ? "ERROR" : "INFO", Service = "api", Msg = "\u001b[31m" + new string('x', 900) })];
        _world["store"] = _world["store"] with { State = ServiceState.Stopped };
        var snapshot = await Observer().SnapshotAsync(Token);
        Assert.Equal(SiteObserver.MaxLogLines, snapshot.Logs["api"].Count);
        Assert.All(snapshot.Logs["api"], l => Assert.True(l.Level == "ERROR" && l.Msg.Length == SiteObserver.MaxLineLength + 1 && !l.Msg.Contains('\u001b')));
        var store = snapshot.Telemetry.Single(t => t.DeviceId == "store");
        Assert.Equal((TelemetryStatus.Error, "stopped", -1.0), (store.Status, store.ErrorCode, store.Metrics.LatencyMs));
    }

    private async Task<VerifyReport> VerifyAsync(VerifyRequest request)
    {
        var platform = new FakePlatform(_world, new FakeProcess());
        var prober = new SiteProber(_world.Site, platform, TriageHttp.Create(), _time);
        var work = new SiteMonitor(_world.Site, platform, prober, Observer(), _time).VerifyAsync(request, Token);
        await _time.RunAsync(work, TimeSpan.FromMilliseconds(250));
        return await work;
    }

    private SiteObserver Observer()
    {
        var platform = new FakePlatform(_world, new FakeProcess());
        return new SiteObserver(_world.Site, platform, new SiteProber(_world.Site, platform, TriageHttp.Create(), _time), _time);
    }
}
