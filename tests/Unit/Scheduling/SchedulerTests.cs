using System.Collections.Concurrent;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Triage;
using Quorate.Engine.Triage.Agents;
using Quorate.Engine.Triage.Monitoring;
using Quorate.Engine.Triage.Scheduling;
using Quorate.Protocol.Provenance;
using Quorate.Tests.Unit.Triage.Fakes;
using static Quorate.Tests.Unit.Triage.Fakes.Scenario;
using TaskStatus = Quorate.Contracts.Plans.TaskStatus;

namespace Quorate.Tests.Unit.Scheduling;

public sealed class SchedulerTests
{
    private readonly FakeTime _time = new();
    private readonly FakeDisk _disk = new();
    private readonly ConcurrentQueue<(PlanTask Task, TaskContext Context)> _calls = [];
    private readonly ReplayGuard _guard = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_Dependencies_AreDoneInOrder()
    {
        var run = await RunAsync(
            (_, _, _) => Task.FromResult(TaskResult.Ok("done")),
            Step("c", "check_logs", "api", ["b"]), Step("b", "check_logs", "api", ["a"]), Step("a", "check_logs", "api"));

        Assert.Equal(["a", "b", "c"], _calls.Select(c => c.Task.TaskId));
        Assert.True(run.IsFinished);
        Assert.Equal(6, _disk.Entries.Count(e => e.Kind is LedgerKinds.TaskIntent or LedgerKinds.TaskOutcome));
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
        Assert.Equal(9, _calls.Count);
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
        Assert.Equal(20, _calls.Count);
    }

    [Fact]
    public async Task Run_FailedTask_SkipsItsDependantsOnly()
    {
        var run = await RunAsync(
            (task, _, _) => Task.FromResult(task.TaskId == "a" ? ResultKeys.Refuse("no") : TaskResult.Ok("done")),
            Step("a", "check_logs", "api"), Step("b", "check_logs", "api", ["a"]), Step("c", "check_logs", "api", ["b"]), Step("d", "check_logs", "api"));

        Assert.Equal(["a", "d"], _calls.Select(c => c.Task.TaskId).Order());
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
                at.Add(_time.GetUtcNow() - FakeTime.Start);
                return Task.FromResult(at.Count < 3 ? TaskResult.Fail("not yet") : TaskResult.Ok("done"));
            },
            Step("a", "restart", "api"));

        Assert.Equal(TaskStatus.Ok, run["a"].Result!.Status);
        Assert.Equal([1, 2, 3], _calls.Select(c => c.Context.Attempt));
        Assert.InRange(at[1] - at[0], TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(340));
        Assert.InRange(at[2] - at[1], TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(640));
        var intents = _disk.Read(LedgerKinds.TaskIntent).Select(e => e.Read<TaskIntent>()).ToList();
        Assert.All(_calls, c => Assert.Equal(intents[0].EnvelopeHash, c.Context.EffectKey));
        Assert.Equal([null, intents[0].EnvelopeHash, intents[0].EnvelopeHash], intents.Select(i => i.Envelope.Body.IdempotencyKey));
        Assert.Equal(3, intents.Select(i => i.Envelope.Body.Nonce).Distinct().Count());
        Assert.Equal([false, false, true], _disk.Read(LedgerKinds.TaskOutcome).Select(e => e.Read<TaskOutcome>().Final));
    }

    [Fact]
    public async Task Run_AlwaysFailing_EndsAfterTwoRetries()
    {
        var run = await RunAsync((_, _, _) => Task.FromResult(TaskResult.Fail("never")), Step("a", "restart", "api"));
        Assert.Equal(3, _calls.Count);
        Assert.Equal(TaskStatus.Fail, run["a"].Result!.Status);
    }

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
        Assert.InRange(_time.GetUtcNow() - FakeTime.Start, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(12));
        Assert.Single(_calls);
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
        Assert.Equal(2, _calls.Count);
        Assert.Single(_calls.Select(c => c.Context.EffectKey).Distinct());
        Assert.Contains("no heartbeat", _disk.Read(LedgerKinds.TaskOutcome)[0].Payload, StringComparison.Ordinal);
        Assert.InRange(_time.GetUtcNow() - FakeTime.Start, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(8));
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
        Assert.Equal(2, _calls.Count);
    }

    [Fact]
    public async Task Run_LedgerFails_NothingIsDoneToTheWorld()
    {
        var process = new FakeProcess { DiesAt = 0 };
        await Assert.ThrowsAsync<ProcessDied>(() => RunWithAsync((_, _, _) => Task.FromResult(TaskResult.Ok("done")), null, [Step("a", "restart", "api")], process: process));
        Assert.Empty(_calls);
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

    [Theory]
    [InlineData("body", "bad_hmac")]
    [InlineData("hmac", "bad_hmac")]
    [InlineData("key", "unknown_key")]
    [InlineData("late", "expired")]
    [InlineData("early", "from_the_future")]
    [InlineData("replay", "replayed")]
    public async Task Execute_EnvelopeNotInOrder_IsRefusedAndLogged(string tamper, string verdict)
    {
        var envelope = Seal(Step("a", "restart", "api"));
        var executor = new TaskExecutor(new EnvelopeVerifier(new FakeKeys().FindHmacKey, _guard), _time);
        var journal = new IncidentJournal(new FakeLedger(_disk, new FakeProcess(), _time), "inc-1", new IncidentState());
        var agent = Agent((_, _, _) => Task.FromResult(TaskResult.Ok("done")));
        if (tamper == "replay")
        {
            Assert.Equal(TaskStatus.Ok, (await executor.ExecuteAsync(agent, envelope, "h", journal, Token)).Status);
        }

        var before = _calls.Count;
        _time.Advance(tamper == "late" ? TimeSpan.FromSeconds(121) : TimeSpan.Zero);
        var bad = tamper switch
        {
            "body" => envelope with { Body = envelope.Body with { Task = envelope.Body.Task with { Target = "store" } } },
            "hmac" => envelope with { Hmac = new string('0', 64) },
            "key" => envelope with { KeyVersion = 2 },
            "early" => Seal(Step("a", "restart", "api"), TimeSpan.FromSeconds(6)),
            _ => envelope,
        };
        var result = await executor.ExecuteAsync(agent, bad, "h", journal, Token);

        Assert.Equal(TaskStatus.Fail, result.Status);
        Assert.False(result.IsRetryable());
        Assert.Equal(before, _calls.Count);
        Assert.Equal(verdict, Assert.Single(_disk.Read(LedgerKinds.EnvelopeRefused)).Read<EnvelopeRefused>().Verdict);
    }

    [Fact]
    public async Task Benchmark_NoOpTasks_WritesTwoEntriesEach()
    {
        var ledger = new FakeLedger(_disk, new FakeProcess(), TimeProvider.System);
        var result = await SchedulerBenchmark.RunAsync(ledger, new FakeKeys(), new SequenceIds(), 500, 16, TimeProvider.System, Token);
        Assert.Equal(500, result.Tasks);
        Assert.Equal(1_003, _disk.Entries.Count);
        Assert.True(result is { TasksPerS: > 0 } && result.P50Ms <= result.P99Ms);
    }

    private Envelope Seal(PlanTask task, TimeSpan skew = default) => EnvelopeSealer.Seal(
        new EnvelopeBody
        {
            IncidentId = "inc-1", PlanId = "p", PlanVersion = 1, Task = task, DecisionTag = DecisionTag.Deterministic, Attempt = 1,
            IntendedAt = _time.GetUtcNow(), Timestamp = _time.GetUtcNow() + skew, Nonce = new string('a', 32), Seq = 1,
        },
        1,
        new FakeKeys().FindHmacKey(1));

    private FakeAgent Agent(Func<PlanTask, TaskContext, CancellationToken, Task<TaskResult>> act) => new(AgentNames.Action, (task, context, token) =>
    {
        _calls.Enqueue((task, context));
        return act(task, context, token);
    });

    private Task<PlanRun> RunAsync(Func<PlanTask, TaskContext, CancellationToken, Task<TaskResult>> act, params PlanTask[] tasks) => RunWithAsync(act, null, tasks);

    private async Task<PlanRun> RunWithAsync(
        Func<PlanTask, TaskContext, CancellationToken, Task<TaskResult>> act,
        SchedulerOptions? options,
        PlanTask[] tasks,
        int armed = 1,
        FakeProcess? process = null,
        Action<PlanRun>? onRun = null,
        CancellationToken? cancellation = null)
    {
        options ??= new SchedulerOptions();
        var state = new IncidentState();
        state.Apply(new IncidentOpened("s", "s", "fake", "me", "text", 4, FakeTime.Start, new SiteBaseline([], []), null));
        state.Apply(new PlanCommitted(Plan("p", tasks), "test", "", [], DecisionTag.Deterministic, FakeTime.Start));
        onRun?.Invoke(state.Current!);
        var journal = new IncidentJournal(new FakeLedger(_disk, process ?? new FakeProcess(), _time), "inc-1", state);
        var executor = new TaskExecutor(new EnvelopeVerifier(new FakeKeys().FindHmacKey, _guard), _time);
        using var pool = new AgentPool(
            name => new FakeAgent(name, (task, context, token) =>
            {
                _calls.Enqueue((task, context));
                return act(task, context, token);
            }),
            executor, options, _time);
        var dispatcher = new TaskDispatcher(pool, new FakeKeys(), (_, _) => Task.FromResult(InverseAction.None), options, 1, _time);
        var running = new PlanScheduler(dispatcher, options.MaxParallel).RunAsync(state.Current!, journal, ScheduleCallbacks.None, cancellation ?? Token);
        await _time.RunAsync(running, TimeSpan.FromMilliseconds(20), armed, maxSteps: 10_000);
        await running;
        return state.Current!;
    }

    private sealed class FakeAgent(string name, Func<PlanTask, TaskContext, CancellationToken, Task<TaskResult>> act) : IAgent
    {
        public string Name => name;

        public Task<TaskResult> ExecuteAsync(PlanTask task, TaskContext context, CancellationToken cancellationToken) => act(task, context, cancellationToken);
    }
}
