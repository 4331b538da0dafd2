using Quorate.Models.Health;
using Quorate.Tests.Unit.Triage.Fakes;

namespace Quorate.Tests.Unit.Models;

public sealed class MemberHealthTests
{
    private readonly FakeTime _time = new();
    private readonly MemberHealth _health;

    public MemberHealthTests() => _health = new MemberHealth("m", _time, new Random(1));

    private HealthStatus Status => _health.Snapshot().Status;

    [Fact]
    public void Snapshot_NothingHeardYet_IsUnknownAndDue()
    {
        Assert.Equal((HealthStatus.Unknown, null, true), (Status, _health.Snapshot().LastHeartbeat, _health.IsDue));
    }

    [Fact]
    public void Fail_AgainAndAgain_FallsThroughTheStatesAndReturnsAfterTwoSuccesses()
    {
        _health.Succeed(TimeSpan.FromMilliseconds(5));
        var seen = new List<HealthStatus> { Status };
        for (var i = 0; i < 6; i++)
        {
            _health.FailProbe("timeout: no");
            seen.Add(Status);
        }

        _health.Succeed(TimeSpan.FromMilliseconds(5));
        seen.Add(Status);
        _health.Succeed(TimeSpan.FromMilliseconds(5));
        seen.Add(Status);
        Assert.Equal(
            [
                HealthStatus.Healthy, HealthStatus.Degraded, HealthStatus.Degraded, HealthStatus.Unhealthy, HealthStatus.Unhealthy,
                HealthStatus.Unhealthy, HealthStatus.Failed, HealthStatus.Degraded, HealthStatus.Healthy,
            ],
            seen);
    }

    [Fact]
    public void FailProbe_AgainAndAgain_DoublesTheDistanceUpToFiveMinutes()
    {
        foreach (var seconds in new[] { 10, 20, 40, 80, 160, 300, 300 })
        {
            _health.FailProbe("no");
            Assert.InRange((_health.Snapshot().NextProbeAt - _time.GetUtcNow()).TotalSeconds, seconds, seconds * 1.1);
        }

        _health.Succeed(TimeSpan.Zero);
        Assert.Equal(TimeSpan.FromSeconds(10), _health.Snapshot().NextProbeAt - _time.GetUtcNow());
    }

    [Fact]
    public void FailCall_AsksTheNextProbeForAWholeCallSoon()
    {
        _health.Succeed(TimeSpan.FromMilliseconds(5));
        _time.Advance(TimeSpan.FromSeconds(2));
        _health.FailCall("refused: the key");
        var now = _health.Snapshot();
        Assert.Equal((true, 1, "refused: the key", TimeSpan.FromSeconds(8)), (_health.CallsFail, now.ConsecutiveFailures, now.LastError, now.NextProbeAt - _time.GetUtcNow()));
        Assert.Equal(0, now.FailedProbes);
        _health.Succeed(TimeSpan.Zero);
        Assert.Equal((false, null), (_health.CallsFail, _health.Snapshot().LastError));
    }

    [Fact]
    public void Reset_OfAFailedMember_IsUnknownUntilAProbeDecides()
    {
        for (var i = 0; i < 8; i++)
        {
            _health.FailProbe("no");
        }

        _health.Reset();
        Assert.Equal((HealthStatus.Unknown, 0, 0, true), (Status, _health.Snapshot().ConsecutiveFailures, _health.Snapshot().FailedProbes, _health.IsDue));
    }
}
