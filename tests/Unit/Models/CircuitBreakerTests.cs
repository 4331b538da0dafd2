using Quorate.Models.Pipeline;
using Quorate.Tests.Unit.Triage.Fakes;

namespace Quorate.Tests.Unit.Models;

public sealed class CircuitBreakerTests
{
    private static readonly TimeSpan Cooldown = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    [Fact]
    public void TryEnter_AfterTheCooldown_LetsOneProbeThroughWhoseSuccessCloses()
    {
        var time = new FakeTime();
        var breaker = Opened(time);
        Assert.Null(breaker.TryEnter());
        time.Advance(Cooldown);
        var probe = breaker.TryEnter();
        Assert.NotNull(probe);
        Assert.Equal(CircuitState.HalfOpen, breaker.State);
        Assert.Null(breaker.TryEnter());
        breaker.Succeed(probe.Value);
        Assert.Equal(CircuitState.Closed, breaker.State);
    }

    [Fact]
    public void Fail_OfProbes_DoublesTheCooldown()
    {
        var time = new FakeTime();
        var breaker = Opened(time);
        foreach (var seconds in new[] { 10, 20, 40, 80, 160, 300, 300 })
        {
            Assert.Equal(TimeSpan.FromSeconds(seconds), breaker.OpenUntil - time.GetUtcNow());
            time.Advance(TimeSpan.FromSeconds(seconds));
            breaker.Fail(breaker.TryEnter()!.Value);
        }
    }

    [Fact]
    public void Fail_ServerAsksForALongerWait_IsHonouredAndNeverShortened()
    {
        var time = new FakeTime();
        var breaker = new CircuitBreaker(1, Cooldown, Longest, time);
        var (first, second) = (breaker.TryEnter()!.Value, breaker.TryEnter()!.Value);
        breaker.Fail(first, TimeSpan.FromMinutes(2));
        breaker.Fail(second, TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromMinutes(2), breaker.OpenUntil - time.GetUtcNow());
    }

    [Fact]
    public void Succeed_OfACallFromBeforeTheOpening_ChangesNothing()
    {
        var time = new FakeTime();
        var breaker = new CircuitBreaker(1, Cooldown, Longest, time);
        var (slow, failing) = (breaker.TryEnter()!.Value, breaker.TryEnter()!.Value);
        breaker.Fail(failing);
        breaker.Succeed(slow);
        Assert.Null(breaker.TryEnter());
    }

    [Fact]
    public void Abstain_OfTheProbe_LetsTheNextCallProbe()
    {
        var time = new FakeTime();
        var breaker = Opened(time);
        time.Advance(Cooldown);
        breaker.Abstain(breaker.TryEnter()!.Value);
        Assert.NotNull(breaker.TryEnter());
    }

    /// <summary>Whatever happens in whatever order: no call while open, one probe at a time, and no cooldown gets shorter.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void AnyHistory_HoldsTheInvariants(int seed)
    {
        var random = new Random(seed);
        var time = new FakeTime();
        var breaker = new CircuitBreaker(3, Cooldown, Longest, time);
        var calls = new List<long>();
        long probe = 0;
        for (var step = 0; step < 20_000; step++)
        {
            var (before, until) = (breaker.State, breaker.OpenUntil);
            switch (random.Next(6))
            {
                case 0 or 1:
                    var permit = breaker.TryEnter();
                    Assert.Equal(before == CircuitState.Closed || (before == CircuitState.Open && time.GetUtcNow() >= until), permit is not null);
                    calls.AddRange(permit is { } given ? [given] : []);
                    probe = before == CircuitState.Open && permit is { } p ? p : probe;
                    break;
                case 2:
                    time.Advance(TimeSpan.FromSeconds(random.Next(30)));
                    break;
                default:
                    probe = End(breaker, calls, random, probe, before, until);
                    break;
            }

            Assert.Equal(breaker.State == CircuitState.HalfOpen, probe != 0);
        }
    }

    private static long End(CircuitBreaker breaker, List<long> calls, Random random, long probe, CircuitState before, DateTimeOffset until)
    {
        if (calls.Count == 0)
        {
            return probe;
        }

        var permit = calls[random.Next(calls.Count)];
        calls.Remove(permit);
        switch (random.Next(3))
        {
            case 0:
                breaker.Succeed(permit);
                Assert.Equal(before == CircuitState.Closed || permit == probe, breaker.State == CircuitState.Closed);
                break;
            case 1:
                breaker.Fail(permit, random.Next(4) == 0 ? TimeSpan.FromSeconds(random.Next(100)) : null);
                Assert.True(breaker.OpenUntil >= until);
                break;
            default:
                breaker.Abstain(permit);
                Assert.Equal(until, breaker.OpenUntil);
                break;
        }

        return permit == probe ? 0 : probe;
    }

    private static CircuitBreaker Opened(FakeTime time)
    {
        var breaker = new CircuitBreaker(3, Cooldown, Longest, time);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(CircuitState.Closed, breaker.State);
            breaker.Fail(breaker.TryEnter()!.Value);
        }

        Assert.Equal(CircuitState.Open, breaker.State);
        return breaker;
    }
}
