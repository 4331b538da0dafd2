using System.Text;
using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Triage;
using Quorate.Tests.Unit.Triage.Fakes;
using static Quorate.Tests.Unit.Triage.Fakes.Scenario;

namespace Quorate.Tests.Unit.Triage;

public sealed class EngineRulesTests
{
    private static readonly Plan A = Plan("a", Step("t1", "check_logs", "api"));
    private static readonly Plan B = Plan("b", Step("t1", "restart", "api"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void FlapRule_BackAndForthWithinFiveSeconds_IsRefusedUntilTheWindowEnds()
    {
        PlanCommitted[] committed = [Committed(A, 0), Committed(B, 1), Committed(A, 2)];
        Assert.Equal(TimeSpan.FromSeconds(2), FlapRule.WaitFor(committed, B, "rulebook", FakeTime.Start.AddSeconds(4)));
        Assert.Null(FlapRule.WaitFor(committed, B, "rulebook", FakeTime.Start.AddSeconds(6)));
        Assert.Null(FlapRule.WaitFor(committed, B, "llm", FakeTime.Start.AddSeconds(4)));
    }

    [Fact]
    public void FlapRule_OtherIdsAndOrder_AreTheSameDiff()
    {
        var one = Plan("x", Step("1", "check_logs", "api"), Step("2", "restart", "api", ["1"]));
        var two = Plan("y", Step("q", "restart", "api"), Step("p", "check_logs", "api"));
        Assert.Equal(FlapRule.Diff(null, one), FlapRule.Diff(null, two));
        Assert.Equal("", FlapRule.Diff(one, two));
        Assert.NotEqual(FlapRule.Diff(null, A), FlapRule.Diff(null, B));
    }

    [Fact]
    public void Fold_CompetingPlans_HigherVersionThenSmallerIdHolds()
    {
        var state = new IncidentState();
        state.Apply(Committed(A with { PlanId = "m" }, 0));
        state.Apply(Committed(B with { PlanId = "k" }, 0));
        Assert.Equal("k", state.Current!.Plan.PlanId);
        state.Apply(Committed(A with { PlanId = "z" }, 0));
        Assert.Equal("k", state.Current!.Plan.PlanId);
        state.Apply(Committed(A with { PlanId = "z", PlanVersion = 2 }, 0));
        Assert.Equal("z", state.Current!.Plan.PlanId);
        Assert.Equal(2, state.Plans.Count);
    }

    [Fact]
    public void IncidentText_MoreThanPlanned_IsCutAtACharacterWithANote()
    {
        var text = IncidentText.Parse(new string('ä', IncidentText.MaxPlannedBytes));
        Assert.Equal(2 * IncidentText.MaxPlannedBytes, text.Bytes);
        Assert.EndsWith("are kept]", text.Text, StringComparison.Ordinal);
        Assert.StartsWith(new string('ä', IncidentText.MaxPlannedBytes / 2) + "\n", text.Text, StringComparison.Ordinal);
        Assert.DoesNotContain('\uFFFD', text.Text);
    }

    [Fact]
    public void IncidentText_OverTenMebibytes_IsRefused()
    {
        var error = Assert.Throws<QuorateException>(() => IncidentText.Parse(new string('a', IncidentText.MaxBytes + 1)));
        Assert.Equal("incident_text_too_long", error.Code);
        Assert.Equal(IncidentText.MaxBytes, IncidentText.Parse(new string('a', IncidentText.MaxBytes)).Bytes);
        Assert.True(Encoding.UTF8.GetByteCount(IncidentText.Parse(new string('a', IncidentText.MaxBytes)).Text) < IncidentText.MaxPlannedBytes + 100);
    }

    [Fact]
    public void LeaseOwner_ThisProcess_IsAliveAndAnEarlierOneOfItsPidIsDead()
    {
        var self = LeaseOwner.Create(new SequenceIds());
        var fields = self.Split(':');
        Assert.False(LeaseOwner.IsDead(self));
        Assert.True(LeaseOwner.IsDead($"{fields[0]}:{fields[1]}:12345:x"));
        Assert.True(LeaseOwner.IsDead($"{fields[0]}:{int.MaxValue}:{fields[2]}:x"));
        Assert.False(LeaseOwner.IsDead($"another-host:{int.MaxValue}:1:x"));
        Assert.False(LeaseOwner.IsDead("nonsense"));
    }

    [Fact]
    public async Task SiteLease_DeadOwner_IsTakenOverAtOnce()
    {
        var disk = new FakeDisk();
        disk.Leases["site:s"] = "dead";
        await using (await SiteLease.AcquireAsync(new FakeLeases(disk, new FakeProcess()), "s", "me", o => o == "dead", new FakeTime(), Token))
        {
            Assert.Equal("me", disk.Leases["site:s"]);
        }

        Assert.Empty(disk.Leases);
    }

    [Fact]
    public async Task SiteLease_TakenByAnother_IsLostAtTheNextRenewal()
    {
        var disk = new FakeDisk();
        var time = new FakeTime();
        await using var lease = await SiteLease.AcquireAsync(new FakeLeases(disk, new FakeProcess()), "s", "me", _ => false, time, Token);
        disk.Leases["site:s"] = "thief";
        var lost = new TaskCompletionSource();
        await using var registration = lease.Lost.Register(lost.SetResult);
        await time.RunAsync(lost.Task, TimeSpan.FromSeconds(1), maxSteps: 20);
        Assert.True(lease.Lost.IsCancellationRequested);
    }

    private static PlanCommitted Committed(Plan plan, int second) => new(plan, "rulebook", "", [], DecisionTag.Deterministic, FakeTime.Start.AddSeconds(second));
}
