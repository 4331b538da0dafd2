namespace Quorate.Protocol.Messaging;

/// <summary>
/// The receiver's side: recognises copies, holds back what is early, and hands out one message at a time in the order
/// its conversation asks for. What it cannot keep it refuses without a receipt, newest first, so that the sender repeats it.
/// </summary>
internal sealed partial class Inbox(string self, MessagingOptions options, MessengerChanges changes)
{
    private readonly Dictionary<string, Dictionary<string, DeliveryChannel>> conversations = [];
    private readonly Dictionary<string, SenderUse> uses = [];
    private readonly Queue<HeldMessage> candidates = new();

    // Each held message waits for one number of one channel at a time; then it is looked at again.
    private readonly Dictionary<(string Conversation, MessageMark Mark), List<HeldMessage>> waiters = [];
    private int held;
    private AgentMessage? inHand;

    internal int Held => held;

    /// <summary>The vector clock of the conversation: how many of each sender's messages were handled, the one in hand included.</summary>
    internal MessageMark[] Clock(string conversation) => conversations.TryGetValue(conversation, out var channels)
        ? [.. channels.Values.Select(c => new MessageMark(c.Sender, CountOf(c))).Where(m => m.Sequence > 0)]
        : [];

    /// <summary>Takes in a message whose sender is proven.</summary>
    internal void Receive(AgentMessage message, long now)
    {
        if (!IsWellFormed(message))
        {
            Answer(message, Verdict.Malformed);
            return;
        }

        if (FindOrAdd(message.Sender, message.Conversation) is not { } channel)
        {
            changes.Counters.Overflows++;
        }
        else if (channel.Skipped.Contains(message.Sequence) || channel.IsForgotten(message.Sequence, SkippedWindows * options.Window))
        {
            Answer(message, Verdict.Skipped);
        }
        else if (channel.Has(message.Sequence))
        {
            Repeated(channel, message, now);
        }
        else if (channel.HasFailed)
        {
            Answer(message, Verdict.GapFailed);
        }
        else if (channel.Held.TryGetValue(message.Sequence, out var early))
        {
            if (!early.Message.Payload.Span.SequenceEqual(message.Payload.Span))
            {
                Violation(channel, message, now, "two messages under one number; the first is held");
            }

            changes.Counters.Duplicates++;
        }
        else if (message.Deadline <= now)
        {
            Answer(message, Verdict.Expired);
        }
        else
        {
            Hold(channel, message, now);
        }
    }

    /// <summary>The next message for the handler; false when there is none. Each is followed by its <see cref="Complete"/>.</summary>
    internal bool TryNext(out AgentMessage? message)
    {
        while (candidates.TryDequeue(out var candidate))
        {
            if (IsHeld(candidate) && IsDue(candidate))
            {
                message = inHand = candidate.Message;
                return true;
            }
        }

        message = null;
        return false;
    }

    /// <summary>The handler is done with the message that came out last; unhandled, it counts as never received.</summary>
    internal void Complete(AgentMessage message, bool handled, long now)
    {
        inHand = null;

        // Gone when the handler itself had the conversation forgotten.
        if (Find(message.Sender, message.Conversation) is not { } channel || !channel.Held.TryGetValue(message.Sequence, out var done))
        {
            return;
        }

        Drop(done);
        if (!handled)
        {
            changes.Counters.HandlerFailures++;
            return;
        }

        channel.Deliver(message, now);
        changes.Counters.Delivered++;
        changes.Marked(channel);
        Answer(message, Verdict.Accepted);
        Progressed(channel, message.Sequence);
    }

    internal void Forget(string conversation)
    {
        if (conversations.Remove(conversation, out var channels))
        {
            foreach (var channel in channels.Values)
            {
                foreach (var early in channel.Held.Values.ToList())
                {
                    Drop(early);
                }

                uses[channel.Sender].Conversations--;
            }
        }
    }

    internal void Restore(IEnumerable<DeliveryMark> marks, long now)
    {
        foreach (var mark in marks)
        {
            UseOf(mark.Sender).Conversations++;
            ChannelsOf(mark.Conversation)[mark.Sender] = DeliveryChannel.Restore(mark, now);
        }
    }

    // What a handler sends comes after what it handles.
    private ulong CountOf(DeliveryChannel channel) =>
        inHand is { } message && message.Sender == channel.Sender && message.Conversation == channel.Conversation && message.Sequence == channel.Contiguous + 1
            ? message.Sequence : channel.Contiguous;

    private static bool IsWellFormed(AgentMessage message) =>
        OrderingNames.IsKnown(message.Ordering) && message.Sequence > 0 && message.After.Count <= MessagingLimits.Marks
        && (message.Conversation.Length > 0 || message.Ordering == Ordering.Unordered);

    private void Repeated(DeliveryChannel channel, AgentMessage message, long now)
    {
        if (channel.IsSameAsDelivered(message))
        {
            changes.Counters.Duplicates++;
            Answer(message, Verdict.Accepted);
        }
        else
        {
            Violation(channel, message, now, "another message under this number was delivered before");
            Answer(message, Verdict.SequenceRegression);
        }
    }

    private void Hold(DeliveryChannel channel, AgentMessage message, long now)
    {
        if (message.Sequence > channel.Contiguous + (ulong)options.Window)
        {
            MakeRoom(channel, now);
        }

        var use = UseOf(message.Sender);
        var early = new HeldMessage(message, channel, now);
        var fits = use.Held < options.HeldPerSender && use.HeldBytes + message.Payload.Length <= options.HeldBytesPerSender;

        // What can be handled at once is taken even then: it is what makes room.
        if (channel.HasFailed || message.Sequence > channel.Contiguous + (ulong)options.Window || !(fits || IsDue(early)))
        {
            changes.Counters.Overflows++;
            return;
        }

        channel.Held.Add(message.Sequence, early);
        use.Held++;
        use.HeldBytes += message.Payload.Length;
        held++;
        Consider(early);
    }

    /// <summary>A candidate when nothing is missing before it, otherwise it waits for the first thing that is.</summary>
    private void Consider(HeldMessage early)
    {
        StopWaiting(early);
        if (Missing(early) is not { } mark)
        {
            candidates.Enqueue(early);
        }
        else if (!IsSequential(early.Message) || mark.Sender != early.Channel.Sender)
        {
            // The next of the same sender needs no entry: its channel knows it by number.
            var key = (early.Channel.Conversation, mark);
            (waiters.TryGetValue(key, out var waiting) ? waiting : waiters[key] = []).Add(early);
            early.WaitsFor = mark;
        }
    }

    private void StopWaiting(HeldMessage early)
    {
        if (early.WaitsFor is { } mark && waiters.TryGetValue((early.Channel.Conversation, mark), out var waiting))
        {
            waiting.Remove(early);
            if (waiting.Count == 0)
            {
                waiters.Remove((early.Channel.Conversation, mark));
            }
        }

        early.WaitsFor = null;
    }

    private static bool IsSequential(AgentMessage message) => message.Ordering is Ordering.Strict or Ordering.Causal;

    private bool IsDue(HeldMessage early) => Missing(early) is null;

    /// <summary>The first message that has to be handled before this one; null when there is none.</summary>
    private MessageMark? Missing(HeldMessage early)
    {
        var (channel, message) = (early.Channel, early.Message);
        var isSequential = IsSequential(message);
        if (isSequential && message.Sequence != channel.Contiguous + 1)
        {
            return new MessageMark(channel.Sender, message.Sequence - 1);
        }

        if (early.IsWaived || message.Ordering is not (Ordering.Causal or Ordering.Partial))
        {
            return null;
        }

        foreach (var mark in message.After)
        {
            // What this agent itself sent it need not wait for.
            if (mark.Sender == self || (isSequential && mark.Sender == channel.Sender))
            {
                continue;
            }

            var other = Find(mark.Sender, channel.Conversation);
            if (isSequential && mark.Sequence > (other?.Contiguous ?? 0))
            {
                return mark with { Sequence = (other?.Contiguous ?? 0) + 1 };
            }

            if (!isSequential && other?.Has(mark.Sequence) != true)
            {
                return mark;
            }
        }

        return null;
    }

    /// <summary>Looks again at what waited for a number that is now settled.</summary>
    private void Progressed(DeliveryChannel channel, ulong sequence)
    {
        if (channel.Held.TryGetValue(channel.Contiguous + 1, out var next))
        {
            Consider(next);
        }

        if (waiters.Remove((channel.Conversation, new MessageMark(channel.Sender, sequence)), out var waiting))
        {
            waiting.ForEach(w => w.WaitsFor = null);
            waiting.ForEach(Consider);
        }
    }

    private static bool IsHeld(HeldMessage early) => early.Channel.Held.TryGetValue(early.Message.Sequence, out var known) && known == early;

    private void Drop(HeldMessage early)
    {
        if (early.Channel.Held.Remove(early.Message.Sequence))
        {
            StopWaiting(early);
            var use = UseOf(early.Channel.Sender);
            use.Held--;
            use.HeldBytes -= early.Message.Payload.Length;
            held--;
        }
    }

    private void Answer(AgentMessage message, Verdict verdict) =>
        changes.Receipts.Add(new AddressedReceipt(message.Sender, new Receipt(message.Conversation, message.Sequence, verdict)));

    private DeliveryChannel? Find(string sender, string conversation) =>
        conversations.TryGetValue(conversation, out var channels) && channels.TryGetValue(sender, out var channel) ? channel : null;

    private DeliveryChannel? FindOrAdd(string sender, string conversation)
    {
        if (Find(sender, conversation) is { } known)
        {
            return known;
        }

        var use = UseOf(sender);
        if (use.Conversations >= options.ConversationsPerSender)
        {
            return null;
        }

        use.Conversations++;
        return ChannelsOf(conversation)[sender] = new DeliveryChannel(sender, conversation);
    }

    private Dictionary<string, DeliveryChannel> ChannelsOf(string conversation) =>
        conversations.TryGetValue(conversation, out var channels) ? channels : conversations[conversation] = [];

    private SenderUse UseOf(string sender) => uses.TryGetValue(sender, out var use) ? use : uses[sender] = new SenderUse();

    /// <summary>What one sender takes up here.</summary>
    private sealed class SenderUse
    {
        internal int Conversations { get; set; }

        internal int Held { get; set; }

        internal long HeldBytes { get; set; }

        internal int Records { get; set; }
    }
}
