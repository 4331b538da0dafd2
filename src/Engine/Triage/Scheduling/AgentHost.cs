using System.Threading.Channels;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Triage.Agents;

namespace Quorate.Engine.Triage.Scheduling;

/// <summary>One dispatch on its way through a host.</summary>
internal sealed record AgentCall(Envelope Envelope, string EnvelopeHash, IncidentJournal Journal, CancellationToken Deadline)
{
    public TaskCompletionSource<TaskResult> Reply { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>
/// Runs one agent in a loop of its own, one call at a time. The beats come from the same loop that executes, so an agent
/// that blocks its thread stops beating; one that waits forever keeps beating and meets its deadline.
/// </summary>
internal sealed class AgentHost
{
    private readonly Channel<AgentCall> _mailbox = Channel.CreateBounded<AgentCall>(new BoundedChannelOptions(1) { SingleReader = true });
    private readonly IAgent _agent;
    private readonly TaskExecutor _executor;
    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;
    private long _lastBeat;

    public AgentHost(IAgent agent, TaskExecutor executor, TimeSpan interval, TimeProvider time)
    {
        _agent = agent;
        _executor = executor;
        _interval = interval;
        _time = time;
        Beat();
        _ = Task.Run(LoopAsync);
    }

    public string Name => _agent.Name;

    public TimeSpan SinceLastBeat => _time.GetElapsedTime(Volatile.Read(ref _lastBeat));

    /// <summary>Only for a host that is idle: the mailbox holds one call.</summary>
    public void Post(AgentCall call)
    {
        Beat();
        if (!_mailbox.Writer.TryWrite(call))
        {
            throw new InvalidOperationException($"the host of {Name} is busy");
        }
    }

    /// <summary>Ends the loop after the present call.</summary>
    public void Close() => _mailbox.Writer.TryComplete();

    private void Beat() => Volatile.Write(ref _lastBeat, _time.GetTimestamp());

    private async Task LoopAsync()
    {
        await foreach (var call in _mailbox.Reader.ReadAllAsync())
        {
            Beat();
            var work = RunAsync(call);
            while (!work.IsCompleted)
            {
                await ((Task)work).WaitAsync(_interval, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                Beat();
            }

            call.Reply.TrySetFromTask(work);
        }
    }

    private Task<TaskResult> RunAsync(AgentCall call)
    {
        try
        {
            return _executor.ExecuteAsync(_agent, call.Envelope, call.EnvelopeHash, call.Journal, call.Deadline);
        }
        catch (Exception e)
        {
            return Task.FromException<TaskResult>(e);
        }
    }
}
