using System.Runtime.InteropServices;
using Quorate.Contracts;

namespace Quorate.Protocol.Messaging;

/// <summary>What the network does to one message or receipt.</summary>
/// <param name="Delay">Until it arrives.</param>
/// <param name="IsLost">It never does.</param>
/// <param name="CopyDelay">Until a copy arrives as well; negative for none.</param>
/// <param name="DamagedBit">Bit of the payload that arrives changed, beyond its end counted from the beginning again; negative for none. Receipts are never damaged.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Passage(long Delay, bool IsLost = false, long CopyDelay = -1, int DamagedBit = -1)
{
    /// <summary>The message as it arrives.</summary>
    public AgentMessage Damage(AgentMessage message)
    {
        if (DamagedBit < 0 || message.Payload.Length == 0)
        {
            return message;
        }

        var damaged = message.Payload.ToArray();
        damaged[DamagedBit / 8 % damaged.Length] ^= (byte)(1 << (DamagedBit % 8));
        return message with { Payload = damaged };
    }
}

/// <summary>How agents on a <see cref="VirtualBus"/> reach each other.</summary>
public sealed record VirtualBusOptions
{
    public MessagingOptions Messaging { get; init; } = new();

    /// <summary>Of the retry schedules' jitter.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>From, to: what happens on the way. Null: everything arrives at once.</summary>
    public Func<string, string, Passage>? Network { get; init; }

    /// <summary>The crypto of an agent; null leaves messages unsigned, and the bus vouches for who sends.</summary>
    public Func<string, IMessageCrypto>? Crypto { get; init; }
}

/// <summary>
/// Named agents in one process and in virtual time: one thread, no clock, the same run for the same inputs. Handlers
/// are called from <see cref="Run"/>; what they send travels on the same bus.
/// </summary>
public sealed class VirtualBus
{
    private readonly VirtualBusOptions options;
    private readonly Dictionary<string, VirtualAgent> agents = [];
    private readonly List<VirtualAgent> all = [];
    private readonly PriorityQueue<Arrival, (long At, long Order)> onTheWay = new();
    private readonly Queue<VirtualAgent> busy = new();
    private long order;

    /// <exception cref="QuorateException">A name that is wrong or used twice, or an option out of its range.</exception>
    public VirtualBus(IEnumerable<string> names, VirtualBusOptions? options = null)
    {
        this.options = options ?? new VirtualBusOptions();
        foreach (var name in names)
        {
            var messenger = new Messenger(name, this.options.Messaging, this.options.Seed + (ulong)agents.Count, this.options.Crypto?.Invoke(name));
            all.Add(new VirtualAgent(this, messenger));
            if (!agents.TryAdd(name, all[^1]))
            {
                throw QuorateException.Input("agent_named_twice", $"two agents are named '{name}'", "every agent needs a name of its own");
            }
        }
    }

    /// <summary>Virtual milliseconds.</summary>
    public long Now { get; private set; }

    public IReadOnlyCollection<VirtualAgent> Agents => agents.Values;

    /// <exception cref="QuorateException">agent_unknown.</exception>
    public VirtualAgent this[string name] => agents.TryGetValue(name, out var agent) ? agent
        : throw QuorateException.Input("agent_unknown", $"there is no agent '{name}' on the bus", $"its agents: {string.Join(", ", agents.Keys)}");

    /// <summary>The next moment at which something happens; <see cref="long.MaxValue"/> for none.</summary>
    public long NextDue
    {
        get
        {
            var due = busy.Count > 0 ? Now : onTheWay.TryPeek(out _, out var first) ? first.At : long.MaxValue;
            foreach (var agent in all)
            {
                due = Math.Min(due, agent.Messenger.NextDue());
            }

            return due;
        }
    }

    /// <summary>True when nothing is under way and nothing waits.</summary>
    public bool IsQuiet => all.TrueForAll(a => a.Messenger is { OpenCount: 0, HeldCount: 0 });

    /// <summary>Delivers and repeats everything that happens up to a moment, which is now afterwards.</summary>
    public void Run(long until)
    {
        while (Step(until))
        {
        }

        Now = Math.Max(Now, until);
    }

    /// <summary>Runs until nothing is under way and nothing waits; false when that is not reached by the moment given.</summary>
    public bool RunUntilQuiet(long until = long.MaxValue)
    {
        while (Step(until))
        {
        }

        return IsQuiet;
    }

    /// <summary>A conversation is over: nobody keeps anything of it, and what is under way does not arrive.</summary>
    public void Forget(string conversation)
    {
        foreach (var agent in all)
        {
            agent.Messenger.Forget(conversation);
            agent.Messenger.Changes.ClearDurable();
        }

        if (onTheWay.Count > 0)
        {
            var others = onTheWay.UnorderedItems.Where(a => (a.Element.Message?.Conversation ?? a.Element.Receipt.Conversation) != conversation).ToList();
            onTheWay.Clear();
            onTheWay.EnqueueRange(others);
        }
    }

    internal void Wake(VirtualAgent agent)
    {
        if (!agent.IsBusy)
        {
            agent.IsBusy = true;
            busy.Enqueue(agent);
        }
    }

    private bool Step(long until)
    {
        if (busy.TryDequeue(out var working))
        {
            working.IsBusy = false;
            working.Work();
            Flush(working);
            return true;
        }

        var next = Math.Max(Now, NextDue);
        if (next > until || next == long.MaxValue)
        {
            return false;
        }

        Now = next;
        while (onTheWay.TryPeek(out var arrival, out var at) && at.At <= Now)
        {
            onTheWay.Dequeue();
            arrival.To.Take(arrival);
        }

        foreach (var agent in all)
        {
            if (agent.Messenger.NextDue() <= Now)
            {
                agent.Messenger.Tick(Now);
                Wake(agent);
            }
        }

        return true;
    }

    private void Flush(VirtualAgent agent)
    {
        var changes = agent.Messenger.Changes;
        foreach (var message in changes.Transmissions)
        {
            Send(agent.Name, message.Receiver, message, default);
        }

        foreach (var (to, receipt) in changes.Receipts)
        {
            Send(agent.Name, to, null, receipt);
        }

        changes.ClearDurable();
        changes.ClearOutputs();
    }

    private void Send(string from, string to, AgentMessage? message, in Receipt receipt)
    {
        if (!agents.TryGetValue(to, out var receiver))
        {
            return;
        }

        var passage = options.Network?.Invoke(from, to) ?? new Passage(0);
        message = message is null ? null : passage.Damage(message);
        if (passage.CopyDelay >= 0)
        {
            onTheWay.Enqueue(new Arrival(from, receiver, message, receipt), (Now + passage.CopyDelay, order++));
        }

        if (!passage.IsLost)
        {
            onTheWay.Enqueue(new Arrival(from, receiver, message, receipt), (Now + Math.Max(0, passage.Delay), order++));
        }
    }

    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct Arrival(string From, VirtualAgent To, AgentMessage? Message, Receipt Receipt);
}

/// <summary>One agent on a <see cref="VirtualBus"/>.</summary>
public sealed class VirtualAgent
{
    private readonly VirtualBus bus;

    internal VirtualAgent(VirtualBus bus, Messenger messenger)
    {
        this.bus = bus;
        Messenger = messenger;
    }

    public string Name => Messenger.Name;

    public Messenger Messenger { get; }

    /// <summary>Called once for each message, in order; false: not handled, and the sender repeats it. It may send.</summary>
    public Func<AgentMessage, bool> Handler { get; set; } = _ => true;

    internal bool IsBusy { get; set; }

    /// <summary>Sends at the bus's present time; it arrives in <see cref="VirtualBus.Run"/>.</summary>
    /// <exception cref="QuorateException">As of the messenger's.</exception>
    public IReadOnlyList<AgentMessage> Send(MessageDraft draft)
    {
        bus.Wake(this);
        return Messenger.Send(draft, bus.Now);
    }

    internal void Take(in VirtualBus.Arrival arrival)
    {
        if (arrival.Message is { } message)
        {
            Messenger.Receive(arrival.From, message, bus.Now);
        }
        else
        {
            Messenger.Receive(arrival.From, arrival.Receipt, bus.Now);
        }

        bus.Wake(this);
    }

    internal void Work()
    {
        while (Messenger.TryNext(out var message))
        {
            Messenger.Complete(message, Handler(message), effect: null, bus.Now);
        }
    }
}
