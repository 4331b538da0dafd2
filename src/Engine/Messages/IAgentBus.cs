using Quorate.Engine.Place.Agreement;
using Quorate.Protocol.Messaging;

namespace Quorate.Engine.Messages;

/// <summary>
/// What agents tell each other besides the messages of consensus itself: opinions, bids, roles and tasks. A message is repeated
/// until its receiver has handled it, copies are recognised, and each sender's order in a conversation is kept. Whoever waits for
/// messages drives it, one at a time; handlers are called from <see cref="Deliver"/> only.
/// </summary>
public interface IAgentBus
{
    /// <summary>Of waiting; messages may travel by another one.</summary>
    IGroupClock Clock { get; }

    /// <summary>Nothing that was sent is on its way.</summary>
    bool IsQuiet { get; }

    /// <summary>When time alone brings something, in milliseconds of the clock; infinite: never.</summary>
    double NextDue { get; }

    /// <summary>Done when something has come that was not there when it was asked for; null where only time brings messages.</summary>
    Task? Arrival { get; }

    /// <summary>Why messages do not travel at present; null while they do.</summary>
    string? Trouble { get; }

    /// <summary>Takes over the conversations of a topic, which is what stands before the first slash of their names. False: not handled, and it is sent again. What no topic's is counts as handled.</summary>
    void On(string topic, Func<AgentMessage, bool> handler);

    /// <summary>Takes a message into its sender's outbox.</summary>
    /// <exception cref="Contracts.QuorateException">agent_unknown, message_invalid, outbox_full, or what the store says; possibly of an earlier message.</exception>
    void Send(string from, MessageDraft draft);

    /// <summary>Has what has come handled, each message once; false when there was none.</summary>
    bool Deliver();

    /// <summary>A conversation is over; its name is not used again.</summary>
    void Close(string conversation);
}

/// <summary>Handlers by topic.</summary>
public sealed class BusTopics
{
    private readonly Dictionary<string, Func<AgentMessage, bool>> _handlers = new(StringComparer.Ordinal);

    public void On(string topic, Func<AgentMessage, bool> handler) => _handlers[topic] = handler;

    public bool Handle(AgentMessage message)
    {
        var slash = message.Conversation.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 || !_handlers.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(message.Conversation.AsSpan(0, slash), out var handler) || handler(message);
    }
}

/// <summary>Ways to wait on a bus, and to say something to many.</summary>
public static class AgentBusExtensions
{
    /// <summary>Delivers until something is so; false when it is not after so many milliseconds.</summary>
    /// <param name="bus">Driven meanwhile.</param>
    /// <param name="done">What is waited for.</param>
    /// <param name="patienceMs">0 or more.</param>
    /// <param name="work">Sends what is ready, and gives what is being worked on; null: nobody works.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<bool> UntilAsync(this IAgentBus bus, Func<bool> done, double patienceMs, Func<IReadOnlyCollection<Task>>? work, CancellationToken cancellationToken)
    {
        var until = bus.Clock.Now + patienceMs;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (arrival, tasks) = (bus.Arrival, work?.Invoke() ?? []);
            if (bus.Deliver())
            {
                continue;
            }

            var now = bus.Clock.Now;
            if (done() || now >= until)
            {
                return done();
            }

            var working = tasks.Count > 0 ? Task.WhenAny(tasks) : null;
            var earlier = arrival is null ? working : working is null ? arrival : Task.WhenAny(arrival, working);
            await bus.Clock.WaitUntilAsync(Math.Min(until, Math.Max(bus.NextDue, Math.Floor(now) + 1)), earlier, cancellationToken);
        }
    }

    /// <summary>The same to many, in as few drafts as a message may have receivers.</summary>
    public static void Send(this IAgentBus bus, string from, string conversation, IEnumerable<string> to, byte[] payload)
    {
        foreach (var some in to.Chunk(MessagingLimits.Marks))
        {
            bus.Send(from, new MessageDraft(conversation, some, payload));
        }
    }
}
