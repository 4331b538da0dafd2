using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Ports;
using Quorate.Engine.Triage.Agents;
using Quorate.Engine.Triage.Metrics;
using Quorate.Engine.Triage.Monitoring;
using Quorate.Protocol.Provenance;

namespace Quorate.Engine.Triage.Scheduling;

/// <summary>The answer of <c>bench scheduler</c>. Latency: dispatch to durable outcome of one task.</summary>
public sealed record SchedulerBenchmarkResult(int Tasks, int Parallel, double Seconds, double TasksPerS, double P50Ms, double P99Ms);

/// <summary>Runs tasks that do nothing through the real scheduler: sealed, verified, and two ledger entries each.</summary>
public static class SchedulerBenchmark
{
    /// <param name="ledger">Where intents and outcomes go; its durability is part of what is measured.</param>
    /// <param name="keys">Seals the envelopes.</param>
    /// <param name="ids">For the incident and the plan.</param>
    /// <param name="tasks">1 or more.</param>
    /// <param name="parallel">Tasks at once, 1 or more.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public static async Task<SchedulerBenchmarkResult> RunAsync(ILedger ledger, IKeyRing keys, IIdSource ids, int tasks, int parallel, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tasks, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(parallel, 1);
        var incident = ids.Next("bench");
        var state = new IncidentState();
        var journal = new IncidentJournal(ledger, incident, state);
        var now = time.GetUtcNow();
        await journal.AppendAsync(new IncidentOpened("bench", "bench", "none", "bench", "scheduler benchmark", 0, now, new SiteBaseline([], []), null), null, cancellationToken);
        await journal.AppendAsync(new PlanCommitted(NoOpPlan(ids.Next("plan"), tasks, now), "bench", "Tasks that do nothing.", [], DecisionTag.Deterministic, now), DecisionTag.Deterministic, cancellationToken);

        var options = new SchedulerOptions { MaxParallel = parallel };
        var executor = new TaskExecutor(new EnvelopeVerifier(keys.FindHmacKey, new ReplayGuard()), time);
        using var pool = new AgentPool(_ => new NoOpAgent(), executor, options, time);
        var dispatcher = new TaskDispatcher(pool, keys, (_, _) => Task.FromResult(InverseAction.None), options, seed: 0, time);
        var latencies = new System.Collections.Concurrent.ConcurrentQueue<double>();
        var began = time.GetTimestamp();
        await new PlanScheduler(dispatcher, parallel).RunAsync(state.Current!, journal, new ScheduleCallbacks((_, _) => { }, (_, _, ms) => latencies.Enqueue(ms)), cancellationToken);
        var seconds = time.GetElapsedTime(began).TotalSeconds;
        await journal.AppendAsync(new IncidentClosed(TriageOutcome.NoFault, null, null, false, [], new TriageTimings(0, 0, seconds * 1000, 0, seconds * 1000)), null, cancellationToken);

        var sorted = latencies.Order().ToArray();
        return new SchedulerBenchmarkResult(tasks, parallel, seconds, tasks / seconds, Quantile.Of(sorted, 0.5), Quantile.Of(sorted, 0.99));
    }

    private static Plan NoOpPlan(string id, int tasks, DateTimeOffset now) => new()
    {
        PlanId = id,
        RootGoal = "measure the scheduler",
        CreatedAt = now,
        PlanVersion = 1,
        Tasks = [.. Enumerable.Range(0, tasks).Select(i => new PlanTask { TaskId = $"t{i}", Type = "check_health", Target = "none", AssignedTo = AgentNames.Monitor })],
    };

    private sealed class NoOpAgent : IAgent
    {
        private static readonly Task<TaskResult> Nothing = Task.FromResult(TaskResult.Ok("did nothing"));

        public string Name => AgentNames.Monitor;

        public Task<TaskResult> ExecuteAsync(PlanTask task, TaskContext context, CancellationToken cancellationToken) => Nothing;
    }
}
