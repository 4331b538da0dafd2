using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Triage.Scheduling;
using Quorate.Tests.Unit.Triage.Fakes;
using static Quorate.Tests.Unit.Triage.Fakes.Scenario;
using TaskStatus = Quorate.Contracts.Plans.TaskStatus;

namespace Quorate.Tests.Unit.Scheduling;

public sealed class AgentHostTests : SchedulerHarness
{
    [Fact]
    public async Task Run_AgentWaitsForever_BeatsOnAndMeetsItsDeadline()
    {
        var run = await RunWithAsync(
            async (_, _, token) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
                return TaskResult.Ok("never");
            },
            new SchedulerOptions { MaxRetries = 0, CheckTimeout = TimeSpan.FromSeconds(10) },
            [Step("a", "check_logs", "api")],
            // The deadline, the host's beat and the pool's watch.
            armed: 3);

        Assert.Contains("did not end within 10 s", run["a"].Result!.Out, StringComparison.Ordinal);
        Assert.InRange(Time.GetUtcNow() - FakeTime.Start, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(19));
        Assert.Single(Calls);
    }

    [Fact]
    public async Task Run_AgentBlocksItsThread_TaskGoesToAFreshHostWithTheSameKey()
    {
        using var release = new ManualResetEventSlim();
        var run = await RunAsync(
            (_, context, _) =>
            {
                if (context.Attempt == 1)
                {
                    release.Wait(Token);
                }

                return Task.FromResult(TaskResult.Ok("done"));
            },
            Step("a", "restart", "api"));
        release.Set();

        Assert.Equal(TaskStatus.Ok, run["a"].Result!.Status);
        Assert.Equal(2, Calls.Count);
        Assert.Single(Calls.Select(c => c.Context.EffectKey).Distinct());
        Assert.Contains("no heartbeat", Disk.Read(LedgerKinds.TaskOutcome)[0].Payload, StringComparison.Ordinal);
        Assert.InRange(Time.GetUtcNow() - FakeTime.Start, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(9));
    }

    [Fact]
    public async Task Run_FreshHostHangsToo_TaskFails()
    {
        using var release = new ManualResetEventSlim();
        var run = await RunAsync(
            (_, _, _) =>
            {
                release.Wait(Token);
                return Task.FromResult(TaskResult.Ok("done"));
            },
            Step("a", "restart", "api"));
        release.Set();

        Assert.Equal(TaskStatus.Fail, run["a"].Result!.Status);
        Assert.Equal(2, Calls.Count);
    }
}
