using Quorate.Contracts;

namespace Quorate.Protocol.Messaging;

/// <summary>What to send.</summary>
/// <param name="Conversation">Its name; empty for none.</param>
/// <param name="To">Receivers; all of them get the message. A causal or partial conversation always names the same ones.</param>
/// <param name="Payload">At most 1 MiB.</param>
/// <param name="Ordering">Unordered where there is no conversation.</param>
public sealed record MessageDraft(string Conversation, IReadOnlyList<string> To, ReadOnlyMemory<byte> Payload, Ordering Ordering = Ordering.Strict)
{
    /// <summary>For partial order: the messages of this conversation that have to be handled before.</summary>
    public IReadOnlyList<MessageMark> After { get; init; } = [];

    /// <summary>Milliseconds on the sender's clock; null: the options' lifetime from now.</summary>
    public long? Deadline { get; init; }
}

/// <summary>
/// One agent's messaging: guaranteed delivery (at least once, copies removed) in the order each conversation asks for.
/// Pure: what comes in are calls with a time, what goes out stands in <see cref="Changes"/>. One thread at a time.
/// </summary>
public sealed class Messenger
{
    private readonly MessagingOptions options;
    private readonly IMessageCrypto? crypto;
    private readonly Outbox outbox;
    private readonly Inbox inbox;

    /// <param name="name">The agent; at most 128 bytes of UTF-8, no control characters.</param>
    /// <param name="options">Bounds and times.</param>
    /// <param name="seed">Of the retry schedule's jitter.</param>
    /// <param name="crypto">Signs what is sent and verifies what comes; null where the links prove who sends.</param>
    /// <exception cref="QuorateException">A name or an option out of its range.</exception>
    public Messenger(string name, MessagingOptions options, ulong seed, IMessageCrypto? crypto = null)
    {
        CheckName("the agent's name", name, MessagingLimits.NameBytes);
        Name = name;
        this.options = options.Validated();
        this.crypto = crypto;
        outbox = new Outbox(options, seed, Changes);
        inbox = new Inbox(name, options, Changes);
    }

    public string Name { get; }

    public MessengerChanges Changes { get; } = new();

    public MessengerCounters Counters => Changes.Counters;

    /// <summary>Messages not settled: under way, waiting or dead.</summary>
    public int OutboxCount => outbox.Count;

    /// <summary>Messages under way or waiting.</summary>
    public int OpenCount => outbox.Open;

    /// <summary>Messages held back.</summary>
    public int HeldCount => inbox.Held;

    public IEnumerable<DeadLetter> DeadLetters => outbox.Dead;

    /// <summary>The earliest moment at which a tick may do something; <see cref="long.MaxValue"/> for none.</summary>
    public long NextDue(bool isLinkUp = true) => isLinkUp ? Math.Min(outbox.NextDue, inbox.NextGapCheck) : inbox.NextGapCheck;

    /// <summary>Goes on from what was durable. Only on a fresh messenger; everything open goes out again.</summary>
    public void Restore(MessengerState state, long now)
    {
        outbox.Restore(state, now);
        inbox.Restore(state.Marks, now);
    }

    /// <summary>Takes a message into the outbox, one copy for each receiver, in the order they are named.</summary>
    /// <exception cref="QuorateException">outbox_full (nothing was taken), message_invalid, ordering_unknown, conversation_members.</exception>
    public IReadOnlyList<AgentMessage> Send(MessageDraft draft, long now) => Send([draft], now);

    /// <summary>The same for several messages: all of them are taken, or none.</summary>
    public IReadOnlyList<AgentMessage> Send(IReadOnlyList<MessageDraft> drafts, long now)
    {
        var copies = 0;
        foreach (var draft in drafts)
        {
            Check(draft);
            copies += draft.To.Count;
        }

        if (drafts.SelectMany(d => d.To).CountBy(to => to).FirstOrDefault(c => c.Value > outbox.RoomFor(c.Key)) is { Key: { } receiver, Value: var wanted })
        {
            throw QuorateException.Missing(
                "outbox_full", $"the outbox of '{Name}' has room for {outbox.RoomFor(receiver)} more messages to '{receiver}', and these are {wanted}; of {options.OutboxMessages} messages one receiver may have {options.ReceiverShare}",
                "wait until some are acknowledged; dead letters count too: send them again or discard them");
        }

        if (outbox.Room < copies)
        {
            throw QuorateException.Missing(
                "outbox_full", $"the outbox of '{Name}' holds {outbox.Count} of {options.OutboxMessages} messages and cannot take {copies} more",
                "wait until some are acknowledged; dead letters count too: send them again or discard them");
        }

        var sent = new List<AgentMessage>(copies);
        foreach (var draft in drafts)
        {
            Send(draft, now, sent);
        }

        return sent;
    }

    /// <summary>Takes in what a link brought. Only the sender itself can speak for it: another's message is dropped and counted.</summary>
    /// <param name="from">Whom the link has authenticated.</param>
    /// <param name="message">Its message.</param>
    /// <param name="now">Milliseconds.</param>
    public void Receive(string from, AgentMessage message, long now)
    {
        if (message.Sender != from || message.Receiver != Name || message.Sender == Name
            || (crypto is not null && !crypto.Verify(message.Sender, message.Statement(), message.Signature.Span)))
        {
            Counters.Forged++;
            return;
        }

        inbox.Receive(message, now);
    }

    /// <summary>Takes in a receipt from the receiver that the link has authenticated.</summary>
    public void Receive(string from, in Receipt receipt, long now) => outbox.Settle(from, receipt, now);

    /// <summary>The next message for the handler, in order; <see cref="Complete"/> follows before the next is taken.</summary>
    public bool TryNext([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out AgentMessage? message) => inbox.TryNext(out message);

    /// <summary>The handler is done. Not handled: the message counts as not received, and its sender repeats it.</summary>
    /// <param name="message">What <see cref="TryNext"/> gave.</param>
    /// <param name="handled">Whether its effect is to be kept.</param>
    /// <param name="effect">What to store with the mark that it was delivered; null for nothing.</param>
    /// <param name="now">Milliseconds.</param>
    public void Complete(AgentMessage message, bool handled, ReadOnlyMemory<byte>? effect, long now)
    {
        if (handled && effect is { } content)
        {
            Changes.Effects.Add(new MessageEffect(message, content));
        }

        inbox.Complete(message, handled, now);
    }

    /// <summary>Repeats and gives up what is due. The link being down, nothing is repeated and no attempt is counted.</summary>
    public void Tick(long now, bool isLinkUp = true)
    {
        if (isLinkUp)
        {
            outbox.Tick(now);
        }

        inbox.CheckGaps(now);
    }

    /// <summary>The link is back: everything under way goes out again at the next tick.</summary>
    public void Resume(long now) => outbox.Resume(now);

    /// <summary>
    /// Sends a dead letter again, with fresh attempts and a fresh deadline: under its old number, which the receiver
    /// may have seen, or under a new one when the old one's place in the order has passed.
    /// </summary>
    /// <exception cref="QuorateException">dead_letter_unknown.</exception>
    public AgentMessage Redrive(MessageKey key, long now)
    {
        var dead = TakeDead(key);
        var hasPassed = dead.Reason is "skipped" or "gap_failed" or "sequence_regression";
        if (hasPassed)
        {
            Changes.Settled.Add(key);
        }

        var again = Signed(dead.Message with
        {
            Sequence = hasPassed ? outbox.NextSequence(key.Peer, key.Conversation) : dead.Message.Sequence,
            Deadline = now + options.Lifetime,
        });
        outbox.Add(again, now);
        return again;
    }

    /// <summary>Gives a dead letter up for good.</summary>
    /// <exception cref="QuorateException">dead_letter_unknown.</exception>
    public void Discard(MessageKey key)
    {
        TakeDead(key);
        Changes.Settled.Add(key);
    }

    /// <summary>
    /// Forgets a conversation that is over, on this side: numbers, marks, what is held and what is not yet settled.
    /// Its name must not be used again while messages of it may be under way.
    /// </summary>
    public void Forget(string conversation)
    {
        outbox.Forget(conversation);
        inbox.Forget(conversation);
        Changes.Forget(conversation);
    }

    /// <summary>
    /// Ends a conversation: what was not acknowledged is a dead letter, for its time is up. Without any, nothing is kept; its name must
    /// not be used again while messages of it may be under way.
    /// </summary>
    public void Close(string conversation, long now)
    {
        if (outbox.Expire(conversation, now))
        {
            Forget(conversation);
        }
    }

    private void Send(MessageDraft draft, long now, List<AgentMessage> sent)
    {
        IReadOnlyList<MessageMark> after = draft.Ordering switch
        {
            Ordering.Causal => inbox.Clock(draft.Conversation),
            Ordering.Partial => draft.After,
            _ => [],
        };
        foreach (var receiver in draft.To)
        {
            var message = Signed(new AgentMessage
            {
                Sender = Name,
                Receiver = receiver,
                Conversation = draft.Conversation,
                Sequence = outbox.NextSequence(receiver, draft.Conversation),
                Ordering = draft.Ordering,
                After = after,
                Payload = draft.Payload,
                Deadline = draft.Deadline ?? now + options.Lifetime,
            });
            outbox.Add(message, now);
            sent.Add(message);
            Counters.Sent++;
        }
    }

    private DeadLetter TakeDead(MessageKey key) => outbox.Take(key)
        ?? throw QuorateException.Input("dead_letter_unknown", $"'{Name}' has no dead letter {key.Conversation}/{Name}/{key.Peer}/{key.Sequence}", "list the dead letters to see their names");

    private AgentMessage Signed(AgentMessage message) =>
        crypto is null ? message : message with { Signature = crypto.Sign(message.Statement()) };

    private void Check(MessageDraft draft)
    {
        if (draft.Conversation.Length > 0)
        {
            CheckName("the conversation", draft.Conversation, MessagingLimits.ConversationBytes);
        }
        else if (draft.Ordering != Ordering.Unordered)
        {
            throw Invalid($"ordering {OrderingNames.Of(draft.Ordering)} needs a conversation", "name the conversation, or send unordered");
        }

        _ = OrderingNames.Of(draft.Ordering);
        if (draft.To.Count is 0 or > MessagingLimits.Marks || draft.Payload.Length > MessagingLimits.PayloadBytes || draft.After.Count > MessagingLimits.Marks)
        {
            throw Invalid(
                $"a message for {draft.To.Count} receivers with {draft.Payload.Length} bytes and {draft.After.Count} dependencies cannot be sent",
                $"1 to {MessagingLimits.Marks} receivers, at most {MessagingLimits.PayloadBytes} bytes and {MessagingLimits.Marks} dependencies are allowed");
        }

        for (var i = 0; i < draft.To.Count; i++)
        {
            CheckName("a receiver", draft.To[i], MessagingLimits.NameBytes);
            if (draft.To[i] == Name || draft.To.Take(i).Contains(draft.To[i]))
            {
                throw Invalid($"'{draft.To[i]}' is the sender itself or named twice", "name each receiver once");
            }
        }

        if (draft.Ordering is Ordering.Causal or Ordering.Partial)
        {
            CheckMembers(draft);
        }
    }

    // A clock entry counts a sender's messages, so all members must have been sent the same ones.
    private void CheckMembers(MessageDraft draft)
    {
        var known = outbox.Receivers(draft.Conversation);
        if (known.Count > 0 && (known.Count != draft.To.Count || !draft.To.All(known.ContainsKey)))
        {
            throw QuorateException.Input(
                "conversation_members",
                $"the {OrderingNames.Of(draft.Ordering)} conversation '{draft.Conversation}' goes to {string.Join(", ", known.Keys.Order(StringComparer.Ordinal))}, not to {string.Join(", ", draft.To)}",
                "send to all its members, or open another conversation");
        }
    }

    private static void CheckName(string what, string name, int most)
    {
        var isPlain = name.Length > 0 && System.Text.Encoding.UTF8.GetByteCount(name) <= most;
        foreach (var c in name)
        {
            isPlain &= !char.IsControl(c) && !char.IsSurrogate(c);
        }

        if (!isPlain)
        {
            throw Invalid($"{what} is '{PlainText.Line(name, 80)}'", $"1 to {most} bytes of UTF-8 without control characters are allowed");
        }
    }

    private static QuorateException Invalid(string message, string hint) => QuorateException.Input("message_invalid", message, hint);
}
