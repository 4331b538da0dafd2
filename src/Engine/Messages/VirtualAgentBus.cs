using Quorate.Engine.Place.Agreement;
using Quorate.Protocol.Messaging;

namespace Quorate.Engine.Messages;

/// <summary>A bus within one thread, moved on by a clock: virtual time gives the same run every time. In memory only, unsigned: what is said carries its own signature.</summary>
public sealed class VirtualAgentBus : IAgentBus
{
    private readonly BusTopics _topics = new();
    private readonly VirtualBus _bus;
    private bool _worked;

    /// <param name="names">Who is on it.</param>
    /// <param name="clock">Moves it on.</param>
    /// <param name="network">Link of two agents, by name; null: everything arrives at once.</param>
    /// <param name="seed">Of the retries' jitter.</param>
    public VirtualAgentBus(IEnumerable<string> names, IGroupClock clock, Func<string, string, Passage>? network = null, ulong seed = 1)
    {
        Clock = clock;
        _bus = new VirtualBus(names, new VirtualBusOptions { Messaging = AgentBusMessaging.Local, Network = network, Seed = seed });
        foreach (var agent in _bus.Agents)
        {
            agent.Handler = Handle;
        }
    }

    public IGroupClock Clock { get; }

    public bool IsQuiet => _bus.IsQuiet;

    public double NextDue => _bus.NextDue is var due && due < long.MaxValue ? due : double.PositiveInfinity;

    public Task? Arrival => null;

    public string? Trouble => null;

    public void On(string topic, Func<AgentMessage, bool> handler) => _topics.On(topic, handler);

    public void Send(string from, MessageDraft draft) => _bus[from].Send(draft);

    public bool Deliver()
    {
        _worked = false;
        _bus.Run((long)Clock.Now);
        return _worked;
    }

    public void Close(string conversation) => _bus.Forget(conversation);

    private bool Handle(AgentMessage message)
    {
        _worked = true;
        return _topics.Handle(message);
    }
}

/// <summary>Times of messaging where links take next to no time.</summary>
public static class AgentBusMessaging
{
    /// <summary>A round's deadline or its end decides how long a message is repeated, not its attempts.</summary>
    public static MessagingOptions Local { get; } = new() { FirstRetry = 50, MaxRetry = 2_000, MaxAttempts = 1_000, Lifetime = 600_000 };
}
