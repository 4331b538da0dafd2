using System.Collections.Concurrent;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Triage;
using Quorate.Engine.Triage.Agents;
using Quorate.Engine.Triage.Scheduling;
using Quorate.Tests.Unit.Triage.Fakes;
using static Quorate.Tests.Unit.Triage.Fakes.Scenario;
using TaskStatus = Quorate.Contracts.Plans.TaskStatus;

namespace Quorate.Tests.Unit.Scheduling;

public sealed class SchedulerTests : SchedulerHarness
{
    [Fact]
    public async Task Run_Dependencies_AreDoneInOrder()
    {
        var run = await RunAsync(
            (_, _, _) => Task.FromResult(TaskResult.Ok("done")),
            Step("c", "check_logs", "api", ["b"]), Step("b", "check_logs", "api", ["a"]), Step("a", "check_logs", "api"));

        Assert.Equal(["a", "b", "c"], Calls.Select(c => c.Task.TaskId));
        Assert.True(run.IsFinished);
        Assert.Equal(6, Disk.Entries.Count(e => e.Kind is LedgerKinds.TaskIntent or LedgerKinds.TaskOutcome));
    }

    [Fact]
    public async Task Run_IndependentTasks_RunAtOnceUpToTheLimit()
    {
        using var all = new CountdownEvent(3);
        var (now, most) = (0, 0);
        var gate = new Lock();
        var release = new TaskCompletionSource();
        await RunWithAsync(
            async (_, _, _) =>
            {
                lock (gate)
                {
                    most = Math.Max(most, ++now);
                }

                if (!all.IsSet && all.Signal())
                {
                    release.SetResult();
                }

                await release.Task;
                lock (gate)
                {
                    now--;
                }

                return TaskResult.Ok("done");
            },
            new SchedulerOptions { MaxParallel = 3 },
            [.. Enumerable.Range(0, 9).Select(i => Step($"t{i}", "check_logs", "api"))]);

        Assert.Equal(3, most);
        Assert.Equal(9, Calls.Count);
    }

    [Fact]
    public async Task Run_TwoActionsOnOneTarget_NeverAtOnce()
    {
        var busy = new ConcurrentDictionary<string, int>();
        var overlap = false;
        await RunAsync(
            async (task, _, _) =>
            {
                overlap |= busy.AddOrUpdate(task.Target, 1, (_, n) => n + 1) > 1;
                await Task.Yield();
                busy.AddOrUpdate(task.Target, 0, (_, n) => n - 1);
                return TaskResult.Ok("done");
            },
            [.. Enumerable.Range(0, 20).Select(i => Step($"t{i}", "restart", i % 2 == 0 ? "api" : "store"))]);

        Assert.False(overlap);
        Assert.Equal(20, Calls.Count);
    }

    [Fact]
    public async Task Run_FailedTask_SkipsItsDependantsOnly()
    {
        var run = await RunAsync(
            (task, _, _) => Task.FromResult(task.TaskId == "a" ? ResultKeys.Refuse("no") : TaskResult.Ok("done")),
            Step("a", "check_logs", "api"), Step("b", "check_logs", "api", ["a"]), Step("c", "check_logs", "api", ["b"]), Step("d", "check_logs", "api"));

        Assert.Equal(["a", "d"], Calls.Select(c => c.Task.TaskId).Order());
        Assert.True(run.IsFinished);
        Assert.True(run.IsSkipped(run.Plan.Tasks[2]));
    }

    [Fact]
    public async Task Run_FailingTask_IsRetriedTwiceWithBackoffAndOneKey()
    {
        var at = new List<TimeSpan>();
        var run = await RunAsync(
            (_, _, _) =>
            {
                at.Add(Time.GetUtcNow() - FakeTime.Start);
                return Task.FromResult(at.Count < 3 ? TaskResult.Fail("not yet") : TaskResult.Ok("done"));
            },
            Step("a", "restart", "api"));

        Assert.Equal(TaskStatus.Ok, run["a"].Result!.Status);
        Assert.Equal([1, 2, 3], Calls.Select(c => c.Context.Attempt));
        // The clock may go on by some steps while a thread waits for a core.
        Assert.InRange(at[1] - at[0], TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(499));
        Assert.InRange(at[2] - at[1], TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(999));
        var intents = Disk.Read(LedgerKinds.TaskIntent).Select(e => e.Read<TaskIntent>()).ToList();
        Assert.All(Calls, c => Assert.Equal(intents[0].EnvelopeHash, c.Context.EffectKey));
        Assert.Equal([null, intents[0].EnvelopeHash, intents[0].EnvelopeHash], intents.Select(i => i.Envelope.Body.IdempotencyKey));
        Assert.Equal(3, intents.Select(i => i.Envelope.Body.Nonce).Distinct().Count());
        Assert.Equal([false, false, true], Disk.Read(LedgerKinds.TaskOutcome).Select(e => e.Read<TaskOutcome>().Final));
    }

    [Fact]
    public async Task Run_AlwaysFailing_EndsAfterTwoRetries()
    {
        var run = await RunAsync((_, _, _) => Task.FromResult(TaskResult.Fail("never")), Step("a", "restart", "api"));
        Assert.Equal(3, Calls.Count);
        Assert.Equal(TaskStatus.Fail, run["a"].Result!.Status);
    }

    [Fact]
    public async Task Run_LedgerFails_NothingIsDoneToTheWorld()
    {
        var process = new FakeProcess { DiesAt = 0 };
        await Assert.ThrowsAsync<ProcessDied>(() => RunWithAsync((_, _, _) => Task.FromResult(TaskResult.Ok("done")), null, [Step("a", "restart", "api")], process: process));
        Assert.Empty(Calls);
    }

    [Fact]
    public async Task Run_Interrupted_RunningEffectMayFinishAndNothingElseStarts()
    {
        using var interruption = new CancellationTokenSource();
        PlanRun? seen = null;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunWithAsync(
            async (_, _, token) =>
            {
                await interruption.CancelAsync();
                Assert.False(token.IsCancellationRequested);
                return TaskResult.Ok("done");
            },
            null,
            [Step("a", "restart", "api"), Step("b", "restart", "store", ["a"])],
            onRun: r => seen = r,
            cancellation: interruption.Token));

        Assert.Equal(TaskStatus.Ok, seen!["a"].Result!.Status);
        Assert.Null(seen["b"].EffectKey);
    }

    [Fact]
    public async Task Benchmark_NoOpTasks_WritesTwoEntriesEach()
    {
        var ledger = new FakeLedger(Disk, new FakeProcess(), TimeProvider.System);
        var result = await SchedulerBenchmark.RunAsync(ledger, new FakeKeys(), new SequenceIds(), 500, 16, TimeProvider.System, Token);
        Assert.Equal(500, result.Tasks);
        Assert.Equal(1_003, Disk.Entries.Count);
        Assert.True(result is { TasksPerS: > 0 } && result.P50Ms <= result.P99Ms);
    }
}
