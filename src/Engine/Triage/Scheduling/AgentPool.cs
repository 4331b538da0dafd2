using System.Collections.Concurrent;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Triage.Agents;

namespace Quorate.Engine.Triage.Scheduling;

/// <summary>How a dispatch ended. Hung: the host stopped beating, was given up, and the task may go to a fresh one.</summary>
public sealed record DispatchResult(TaskResult Result, bool Hung = false);

/// <summary>Hosts by agent, made when needed and reused when idle; a hung one is never used again. Thread-safe.</summary>
public sealed class AgentPool(Func<string, IAgent?> createAgent, TaskExecutor executor, SchedulerOptions options, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, ConcurrentBag<AgentHost>> _idle = new(StringComparer.Ordinal);

    /// <summary>
    /// Runs the envelope's task on a host until it answers, its deadline passes, or the host hangs. After cancellation a
    /// world-changing task has <see cref="SchedulerOptions.CancelGrace"/> to finish, any other stops at once.
    /// </summary>
    public async Task<DispatchResult> RunAsync(Envelope envelope, string envelopeHash, IncidentJournal journal, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var task = envelope.Body.Task;
        if (Rent(task.AssignedTo) is not { } host)
        {
            return new DispatchResult(ResultKeys.Refuse($"there is no agent {task.AssignedTo}"));
        }

        var timeout = options.TimeoutOf(task);
        var grace = TaskCatalog.ChangesWorld(task.Type) ? options.CancelGrace : TimeSpan.Zero;
        using var deadline = new CancellationTokenSource(timeout, time);
        await using var interruption = cancellationToken.Register(() => deadline.CancelAfter(grace));
        var call = new AgentCall(envelope, envelopeHash, journal, deadline.Token);
        var began = time.GetTimestamp();
        host.Post(call);
        while (!call.Reply.Task.IsCompleted)
        {
            await ((Task)call.Reply.Task).WaitAsync(WatchInterval, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!call.Reply.Task.IsCompleted && IsLost(host, began, timeout) is { } lost)
            {
                await deadline.CancelAsync();
                host.Close();
                cancellationToken.ThrowIfCancellationRequested();
                return lost;
            }
        }

        _idle.GetOrAdd(host.Name, _ => []).Add(host);
        try
        {
            return new DispatchResult(await call.Reply.Task);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new DispatchResult(TimedOut(task, timeout));
        }
    }

    public void Dispose()
    {
        foreach (var host in _idle.Values.SelectMany(hosts => hosts))
        {
            host.Close();
        }

        _idle.Clear();
    }

    private AgentHost? Rent(string name)
    {
        if (_idle.TryGetValue(name, out var idle) && idle.TryTake(out var host))
        {
            return host;
        }

        return createAgent(name) is { } agent ? new AgentHost(agent, executor, options.HeartbeatInterval, time) : null;
    }

    private DispatchResult? IsLost(AgentHost host, long began, TimeSpan timeout)
    {
        if (host.SinceLastBeat >= options.HeartbeatTimeout)
        {
            return new DispatchResult(TaskResult.Fail($"{host.Name} hung: no heartbeat for {options.HeartbeatTimeout.TotalSeconds:0.#} s"), Hung: true);
        }

        return time.GetElapsedTime(began) >= timeout + options.AbandonAfter
            ? new DispatchResult(TaskResult.Fail($"{host.Name} did not end within {timeout.TotalSeconds:0.#} s and ignores its cancellation"))
            : null;
    }

    private static TaskResult TimedOut(PlanTask task, TimeSpan timeout) =>
        TaskResult.Fail($"{task.Type} of {task.Target} did not end within {timeout.TotalSeconds:0.#} s", ("timed_out", true));
}
