using System.Runtime.InteropServices;

namespace Quorate.Protocol.Messaging;

/// <summary>A message by who is at the other end.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct MessageKey(string Peer, string Conversation, ulong Sequence);

/// <summary>The last number given out for a receiver in a conversation.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct LastSequence(string Receiver, string Conversation, ulong Sequence);

/// <summary>
/// The sender's side: what is not yet settled, when it goes out again, and when it is given up. Each receiver has a
/// window of its own, so that one which is gone holds up nobody else's messages.
/// </summary>
internal sealed class Outbox(MessagingOptions options, ulong seed, MessengerChanges changes)
{
    private readonly Dictionary<MessageKey, Outgoing> all = [];
    private readonly Dictionary<string, Lane> lanes = [];
    private readonly Dictionary<string, Dictionary<string, ulong>> sequences = [];
    private readonly Dictionary<string, int> held = [];
    private long nextDue = long.MaxValue;

    internal int Count => all.Count;

    /// <summary>Under way or waiting; the dead are not.</summary>
    internal int Open { get; private set; }

    internal int Room => options.OutboxMessages - all.Count;

    /// <summary>What one receiver may still take up: so that one which is gone does not fill the outbox for all.</summary>
    internal int RoomFor(string receiver) => options.ReceiverShare - held.GetValueOrDefault(receiver);

    /// <summary>When something is due; never before a tick at that time has run.</summary>
    internal long NextDue => nextDue;

    internal IEnumerable<DeadLetter> Dead => all.Values.Where(o => o.DeadReason is not null).Select(o => o.ToDeadLetter());

    internal IReadOnlyDictionary<string, ulong> Receivers(string conversation) =>
        sequences.TryGetValue(conversation, out var known) ? known : new Dictionary<string, ulong>();

    internal ulong NextSequence(string receiver, string conversation)
    {
        if (!sequences.TryGetValue(conversation, out var known))
        {
            sequences.Add(conversation, known = []);
        }

        ref var last = ref CollectionsMarshal.GetValueRefOrAddDefault(known, receiver, out _);
        changes.Sequence(receiver, conversation, ++last);
        return last;
    }

    internal void Add(AgentMessage message, long now)
    {
        changes.Added.Add(message);
        Enqueue(message, now);
        Pump(lanes[message.Receiver], now);
    }

    internal void Settle(string receiver, in Receipt receipt, long now)
    {
        if (!all.TryGetValue(new MessageKey(receiver, receipt.Conversation, receipt.Sequence), out var outgoing))
        {
            return;
        }

        if (receipt.Verdict == Verdict.Accepted)
        {
            // It may have been given up here and have arrived all the same.
            Leave(outgoing);
            Remove(outgoing);
        }
        else if (outgoing.DeadReason is null)
        {
            Bury(outgoing, DeadReasons.Of(receipt.Verdict), now);
        }

        // A dead letter from before a restart has no lane.
        if (lanes.TryGetValue(receiver, out var lane))
        {
            Pump(lane, now);
        }
    }

    /// <summary>Everything under way goes out again at once, without counting as an attempt: the link has come back.</summary>
    internal void Resume(long now)
    {
        foreach (var lane in lanes.Values)
        {
            foreach (var outgoing in lane.UnderWay)
            {
                outgoing.DueAt = now;
                outgoing.Attempts = Math.Max(0, outgoing.Attempts - 1);
            }

            if (lane.UnderWay.Count > 0)
            {
                nextDue = now;
            }
        }
    }

    /// <summary>Repeats what is due, and gives up what has run out of attempts or time.</summary>
    internal void Tick(long now)
    {
        if (now < nextDue)
        {
            return;
        }

        nextDue = long.MaxValue;
        foreach (var lane in lanes.Values)
        {
            lane.Due.AddRange(lane.UnderWay.Where(o => o.DueAt <= now || o.Message.Deadline <= now));
            foreach (var outgoing in lane.Due)
            {
                Repeat(outgoing, now);
            }

            lane.Due.Clear();
            Pump(lane, now);
            foreach (var outgoing in lane.UnderWay)
            {
                nextDue = Math.Min(nextDue, outgoing.DueAt);
            }
        }
    }

    /// <summary>Takes a dead letter out; null when there is none under that key.</summary>
    internal DeadLetter? Take(MessageKey key)
    {
        if (!all.TryGetValue(key, out var outgoing) || outgoing.DeadReason is null)
        {
            return null;
        }

        Drop(outgoing);
        changes.Dead.RemoveAll(d => d.Message == outgoing.Message);
        return outgoing.ToDeadLetter();
    }

    internal void Forget(string conversation)
    {
        sequences.Remove(conversation);
        foreach (var outgoing in all.Values.Where(o => o.Message.Conversation == conversation).ToList())
        {
            Leave(outgoing);
            Remove(outgoing);
        }
    }

    /// <summary>Gives up what is still under way or waiting in a conversation; true when nothing of it is left, dead letters included.</summary>
    internal bool Expire(string conversation, long now)
    {
        var left = all.Values.Where(o => o.Message.Conversation == conversation).ToList();
        left.Where(o => o.DeadReason is null).ToList().ForEach(o => Bury(o, DeadReasons.Deadline, now));
        return left.Count == 0;
    }

    internal void Restore(MessengerState state, long now)
    {
        foreach (var (receiver, conversation, sequence) in state.Sequences)
        {
            (sequences.TryGetValue(conversation, out var known) ? known : sequences[conversation] = [])[receiver] = sequence;
        }

        foreach (var message in state.Outgoing)
        {
            Enqueue(message, now);
        }

        foreach (var (message, reason, attempts, at) in state.Dead)
        {
            Keep(new Outgoing(message) { DeadReason = reason, Attempts = attempts, DueAt = at });
        }

        nextDue = now;
    }

    private void Enqueue(AgentMessage message, long now)
    {
        var outgoing = new Outgoing(message) { DueAt = now };
        Keep(outgoing);
        Open++;
        if (!lanes.TryGetValue(message.Receiver, out var lane))
        {
            lanes.Add(message.Receiver, lane = new Lane());
        }

        lane.Waiting.Enqueue(outgoing);
    }

    private void Pump(Lane lane, long now)
    {
        while (lane.UnderWay.Count < options.InFlight && lane.Waiting.TryDequeue(out var next))
        {
            // Settled or given up while it waited: by a receipt from before a restart, or with its conversation.
            if (all.TryGetValue(next.Key, out var known) && known == next && next.DeadReason is null)
            {
                lane.UnderWay.Add(next);
                Repeat(next, now);
            }
        }
    }

    private void Repeat(Outgoing outgoing, long now)
    {
        if (now >= outgoing.Message.Deadline)
        {
            Bury(outgoing, DeadReasons.Deadline, now);
        }
        else if (outgoing.Attempts >= options.MaxAttempts)
        {
            Bury(outgoing, DeadReasons.Attempts, now);
        }
        else
        {
            outgoing.Attempts++;
            outgoing.DueAt = Math.Min(outgoing.Message.Deadline, now + RetrySchedule.Pause(options, outgoing.Attempts, seed, outgoing.Message.Sequence));
            nextDue = Math.Min(nextDue, outgoing.DueAt);
            changes.Transmissions.Add(outgoing.Message);
            changes.Counters.Retransmitted += outgoing.Attempts > 1 ? 1 : 0;
        }
    }

    private void Bury(Outgoing outgoing, string reason, long now)
    {
        Leave(outgoing);
        (outgoing.DeadReason, outgoing.DueAt) = (reason, now);
        changes.Dead.Add(outgoing.ToDeadLetter());
        changes.Counters.Dead++;
    }

    // Out of the traffic, and no longer open.
    private void Leave(Outgoing outgoing)
    {
        if (outgoing.DeadReason is null)
        {
            Open--;
            lanes[outgoing.Message.Receiver].UnderWay.Remove(outgoing);
        }
    }

    private void Keep(Outgoing outgoing)
    {
        all.Add(outgoing.Key, outgoing);
        CollectionsMarshal.GetValueRefOrAddDefault(held, outgoing.Message.Receiver, out _)++;
    }

    private void Drop(Outgoing outgoing)
    {
        all.Remove(outgoing.Key);
        if (--CollectionsMarshal.GetValueRefOrAddDefault(held, outgoing.Message.Receiver, out _) == 0)
        {
            held.Remove(outgoing.Message.Receiver);
        }
    }

    private void Remove(Outgoing outgoing)
    {
        Drop(outgoing);
        changes.Settled.Add(outgoing.Key);
    }

    private sealed class Outgoing(AgentMessage message)
    {
        internal AgentMessage Message { get; } = message;

        internal MessageKey Key => new(Message.Receiver, Message.Conversation, Message.Sequence);

        internal int Attempts { get; set; }

        /// <summary>Of the next attempt; of a dead one, when it was given up.</summary>
        internal long DueAt { get; set; }

        internal string? DeadReason { get; set; }

        internal DeadLetter ToDeadLetter() => new(Message, DeadReason!, Attempts, DueAt);
    }

    private sealed class Lane
    {
        internal Queue<Outgoing> Waiting { get; } = new();

        internal HashSet<Outgoing> UnderWay { get; } = [];

        internal List<Outgoing> Due { get; } = [];
    }
}
