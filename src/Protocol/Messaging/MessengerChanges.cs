using System.Runtime.InteropServices;

namespace Quorate.Protocol.Messaging;

/// <summary>How far a receiver is with one sender in one conversation: what makes copies recognisable.</summary>
/// <param name="Sender">Whose messages.</param>
/// <param name="Conversation">Where; empty for none.</param>
/// <param name="Contiguous">Everything up to this number is settled.</param>
/// <param name="Beyond">Delivered numbers after the first missing one.</param>
/// <param name="Skipped">Numbers that were given up.</param>
/// <param name="HasFailed">Nothing more is taken.</param>
public sealed record DeliveryMark(
    string Sender, string Conversation, ulong Contiguous, IReadOnlyList<ulong> Beyond, IReadOnlyList<ulong> Skipped, bool HasFailed);

/// <summary>What a handler wants kept about a message, stored in the transaction that marks the message delivered.</summary>
public sealed record MessageEffect(AgentMessage Message, ReadOnlyMemory<byte> Content);

/// <summary>A receipt on its way to a sender.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct AddressedReceipt(string To, Receipt Receipt);

/// <summary>What an agent's messaging needs to go on after a restart.</summary>
public sealed record MessengerState
{
    /// <summary>Not settled, in the order they were sent.</summary>
    public IReadOnlyList<AgentMessage> Outgoing { get; init; } = [];

    public IReadOnlyList<DeadLetter> Dead { get; init; } = [];

    public IReadOnlyList<LastSequence> Sequences { get; init; } = [];

    public IReadOnlyList<DeliveryMark> Marks { get; init; } = [];
}

/// <summary>What happened so far; whole numbers that only grow.</summary>
public sealed class MessengerCounters
{
    public long Sent { get; internal set; }

    public long Retransmitted { get; internal set; }

    public long Dead { get; internal set; }

    public long Delivered { get; internal set; }

    public long Duplicates { get; internal set; }

    /// <summary>Refused unacknowledged for want of room: beyond the window, the hold-back or the number of conversations.</summary>
    public long Overflows { get; internal set; }

    /// <summary>Dropped: another sender than the link's, another receiver, or a wrong signature.</summary>
    public long Forged { get; internal set; }

    public long Violations { get; internal set; }

    public long HandlerFailures { get; internal set; }
}

/// <summary>
/// What the last inputs changed. Whoever drives the messenger makes the first part durable, in one transaction,
/// before anything of the second leaves; then it clears both.
/// </summary>
public sealed class MessengerChanges
{
    private readonly Dictionary<(string Receiver, string Conversation), ulong> sequences = [];
    private readonly HashSet<DeliveryChannel> marked = [];

    /// <summary>Sent and not yet known to be settled.</summary>
    public List<AgentMessage> Added { get; } = [];

    /// <summary>Out of the outbox.</summary>
    public List<MessageKey> Settled { get; } = [];

    public List<DeadLetter> Dead { get; } = [];

    public List<MessageEffect> Effects { get; } = [];

    public List<MessagingRecord> Records { get; } = [];

    /// <summary>Conversations of which nothing is kept any more.</summary>
    public List<string> Forgotten { get; } = [];

    public IEnumerable<LastSequence> Sequences => sequences.Select(s => new LastSequence(s.Key.Receiver, s.Key.Conversation, s.Value));

    public IEnumerable<DeliveryMark> Marks => marked.Select(channel => channel.Mark());

    /// <summary>To be sent once the above is durable.</summary>
    public List<AgentMessage> Transmissions { get; } = [];

    /// <summary>To be sent once the above is durable.</summary>
    public List<AddressedReceipt> Receipts { get; } = [];

    public MessengerCounters Counters { get; } = new();

    /// <summary>True when there is something to make durable.</summary>
    public bool IsDurable =>
        Added.Count + Settled.Count + Dead.Count + Effects.Count + Records.Count + Forgotten.Count + sequences.Count + marked.Count > 0;

    public void ClearDurable()
    {
        Added.Clear();
        Settled.Clear();
        Dead.Clear();
        Effects.Clear();
        Records.Clear();
        Forgotten.Clear();
        sequences.Clear();
        marked.Clear();
    }

    public void ClearOutputs()
    {
        Transmissions.Clear();
        Receipts.Clear();
    }

    internal void Sequence(string receiver, string conversation, ulong last) => sequences[(receiver, conversation)] = last;

    internal void Marked(DeliveryChannel channel) => marked.Add(channel);

    internal void Forget(string conversation)
    {
        foreach (var key in sequences.Keys.Where(k => k.Conversation == conversation).ToList())
        {
            sequences.Remove(key);
        }

        marked.RemoveWhere(c => c.Conversation == conversation);
        Forgotten.Add(conversation);
    }
}
