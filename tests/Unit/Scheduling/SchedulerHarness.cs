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

namespace Quorate.Tests.Unit.Scheduling;

/// <summary>Runs plans through the real scheduler with a fake agent, ledger and clock.</summary>
public abstract class SchedulerHarness
{
    private protected FakeTime Time { get; } = new();

    private protected FakeDisk Disk { get; } = new();

    private protected ConcurrentQueue<(PlanTask Task, TaskContext Context)> Calls { get; } = [];

    private protected ReplayGuard Guard { get; } = new();

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected Task<PlanRun> RunAsync(Func<PlanTask, TaskContext, CancellationToken, Task<TaskResult>> act, params PlanTask[] tasks) => RunWithAsync(act, null, tasks);

    private protected async Task<PlanRun> RunWithAsync(
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
        var journal = new IncidentJournal(new FakeLedger(Disk, process ?? new FakeProcess(), Time), "inc-1", state);
        var executor = new TaskExecutor(new EnvelopeVerifier(new FakeKeys().FindHmacKey, Guard), Time);
        using var pool = new AgentPool(
            name => new FakeAgent(name, (task, context, token) =>
            {
                Calls.Enqueue((task, context));
                return act(task, context, token);
            }),
            executor, options, Time);
        var dispatcher = new TaskDispatcher(pool, new FakeKeys(), (_, _) => Task.FromResult(InverseAction.None), options, 1, Time);
        var running = new PlanScheduler(dispatcher, options.MaxParallel).RunAsync(state.Current!, journal, ScheduleCallbacks.None, cancellation ?? Token);
        await Time.RunAsync(running, TimeSpan.FromMilliseconds(20), armed, maxSteps: 10_000);
        await running;
        return state.Current!;
    }

    private protected sealed class FakeAgent(string name, Func<PlanTask, TaskContext, CancellationToken, Task<TaskResult>> act) : IAgent
    {
        public string Name => name;

        public Task<TaskResult> ExecuteAsync(PlanTask task, TaskContext context, CancellationToken cancellationToken) => act(task, context, cancellationToken);
    }
}
