using Quorate.Protocol.Messaging;

namespace Quorate.Tests.Simulation.Messaging;

/// <summary>What survives a crash of one agent: the outbox, the numbers, the marks, and the handler's effects in their order.</summary>
internal sealed class DurableLog
{
    private readonly List<AgentMessage> outgoing = [];
    private readonly Dictionary<(string, string), ulong> sequences = [];
    private readonly Dictionary<(string, string), DeliveryMark> marks = [];

    internal List<AgentMessage> Effects { get; } = [];

    internal List<AgentMessage> Sent { get; } = [];

    internal List<DeadLetter> Dead { get; } = [];

    internal int Open => outgoing.Count;

    internal void Commit(MessengerChanges changes, IEnumerable<AgentMessage> effects, PlantedMistake mistake)
    {
        if (mistake != PlantedMistake.OutboxNotDurable)
        {
            outgoing.AddRange(changes.Added);
        }

        Sent.AddRange(changes.Added);
        Dead.AddRange(changes.Dead);
        foreach (var key in changes.Settled)
        {
            outgoing.RemoveAll(m => (m.Receiver, m.Conversation, m.Sequence) == (key.Peer, key.Conversation, key.Sequence));
        }

        foreach (var last in changes.Sequences)
        {
            sequences[(last.Receiver, last.Conversation)] = last.Sequence;
        }

        foreach (var mark in changes.Marks.Where(_ => mistake != PlantedMistake.MarksNotDurable))
        {
            marks[(mark.Sender, mark.Conversation)] = mark;
        }

        Effects.AddRange(effects);
    }

    internal MessengerState Read() => new()
    {
        Outgoing = [.. outgoing],
        Sequences = [.. sequences.Select(s => new LastSequence(s.Key.Item1, s.Key.Item2, s.Value))],
        Marks = [.. marks.Values],
    };
}

/// <summary>Mistakes that the simulation must find.</summary>
public enum PlantedMistake
{
    None,

    /// <summary>The marks of what was delivered do not survive a crash.</summary>
    MarksNotDurable,

    /// <summary>What was sent does not survive a crash.</summary>
    OutboxNotDurable,

    /// <summary>Receipts leave before the effect is durable.</summary>
    ReceiptBeforeCommit,

    /// <summary>Every conversation is treated as unordered.</summary>
    OrderIgnored,
}
