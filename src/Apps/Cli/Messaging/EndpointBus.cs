using System.Collections.Concurrent;
using System.Threading.Channels;
using Quorate.Contracts;
using Quorate.Engine.Messages;
using Quorate.Engine.Place.Agreement;
using Quorate.Protocol.Messaging;
using Quorate.Transport.Messaging;

namespace Quorate.Cli.Messaging;

/// <summary>
/// A bus in real time: each agent has an endpoint with a loop of its own, over links within the process or over a broker, and with a
/// journal what it sends is in the store before it leaves. A message is acknowledged once the agent has handled it.
/// </summary>
internal sealed class EndpointBus : IAgentBus, IAsyncDisposable
{
    /// <summary>Messages that have come and wait to be handled; endpoints wait for room.</summary>
    private const int MaxWaiting = 8_192;

    /// <summary>What is on its way at the end may take so long to arrive.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    private readonly BusTopics _topics = new();
    private readonly Channel<Arrived> _arrived = Channel.CreateBounded<Arrived>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private readonly Dictionary<string, MessageEndpoint> _endpoints = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _open = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<Exception> _failures = new();
    private IAsyncDisposable _owner = null!;
    private Task? _arrival;
    private int _underWay;

    private EndpointBus(TimeProvider time) => Clock = new RealClock(time);

    public IGroupClock Clock { get; }

    public bool IsQuiet => _underWay == 0;

    public double NextDue => double.PositiveInfinity;

    public Task? Arrival => _arrival is { IsCompleted: false } ? _arrival : _arrival = _arrived.Reader.WaitToReadAsync().AsTask();

    public string? Trouble => _endpoints.Values.Select(e => e.StoreFailure?.Message ?? (e.Link.State == LinkState.Up ? null : e.Link.Reason)).FirstOrDefault(r => r is not null);

    public bool IsUp => _endpoints.Values.All(e => e.Link.State == LinkState.Up);

    /// <param name="time">Of waiting.</param>
    /// <param name="start">Starts the endpoints with the bus's handler; they belong to the bus then, and so does what holds them.</param>
    /// <exception cref="QuorateException">A store or link that cannot be used.</exception>
    public static async Task<EndpointBus> StartAsync(TimeProvider time, Func<MessageHandler, Task<(IEnumerable<MessageEndpoint> Endpoints, IAsyncDisposable Owner)>> start)
    {
        var bus = new EndpointBus(time);
        (var endpoints, bus._owner) = await start(bus.TakeAsync);
        foreach (var endpoint in endpoints)
        {
            bus._endpoints[endpoint.Name] = endpoint;
        }

        return bus;
    }

    public void On(string topic, Func<AgentMessage, bool> handler) => _topics.On(topic, handler);

    public void Send(string from, MessageDraft draft)
    {
        if (_failures.TryDequeue(out var failure))
        {
            throw failure;
        }

        if (!_endpoints.TryGetValue(from, out var endpoint))
        {
            throw QuorateException.Input("agent_unknown", $"there is no agent '{from}' on the bus", $"its agents: {string.Join(", ", _endpoints.Keys)}");
        }

        _open[draft.Conversation] = _open.GetValueOrDefault(draft.Conversation) + draft.To.Count;
        _underWay += draft.To.Count;
        _ = NoteFailureAsync(endpoint.SendAsync(draft, CancellationToken.None));
    }

    public bool Deliver()
    {
        var worked = false;
        while (_arrived.Reader.TryRead(out var arrived))
        {
            worked = true;
            var isHandled = _topics.Handle(arrived.Message);
            if (isHandled && _open.TryGetValue(arrived.Message.Conversation, out var open) && open > 0)
            {
                _open[arrived.Message.Conversation] = open - 1;
                _underWay--;
            }

            arrived.Handled.TrySetResult(isHandled);
        }

        return worked;
    }

    public void Close(string conversation)
    {
        if (_open.Remove(conversation, out var left))
        {
            _underWay -= left;
            foreach (var endpoint in _endpoints.Values)
            {
                _ = NoteFailureAsync(endpoint.CloseAsync([conversation], CancellationToken.None));
            }
        }
    }

    /// <summary>Waits a little for what is on its way; what is not acknowledged then is a dead letter.</summary>
    public async ValueTask DisposeAsync()
    {
        await this.UntilAsync(() => IsQuiet, Farewell.TotalMilliseconds, null, CancellationToken.None);
        string[] open = [.. _open.Keys];
        var closing = Task.WhenAll(_endpoints.Values.Select(e => NoteFailureAsync(e.CloseAsync(open, CancellationToken.None))));
        await this.UntilAsync(() => closing.IsCompleted, Farewell.TotalMilliseconds, () => [closing], CancellationToken.None);
        await _owner.DisposeAsync();
        _arrived.Writer.TryComplete();
    }

    private async ValueTask<ReadOnlyMemory<byte>?> TakeAsync(AgentMessage message, MessageContext context, CancellationToken cancellationToken)
    {
        var arrived = new Arrived(message, new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously));
        await _arrived.Writer.WriteAsync(arrived, cancellationToken);
        return await arrived.Handled.Task.WaitAsync(cancellationToken) ? null
            : throw new InvalidOperationException("its agent could not handle it: the sender repeats it");
    }

    /// <summary>What fails is told to whoever sends next.</summary>
    private async Task NoteFailureAsync(Task call)
    {
        try
        {
            await call;
        }
        catch (Exception e) when (e is QuorateException or ChannelClosedException or ObjectDisposedException)
        {
            _failures.Enqueue(e is QuorateException ? e : QuorateException.Missing("bus_closed", "the bus is closed", inner: e));
        }
    }

    private sealed record Arrived(AgentMessage Message, TaskCompletionSource<bool> Handled);
}
