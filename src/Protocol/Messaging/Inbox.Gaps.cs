namespace Quorate.Protocol.Messaging;

internal sealed partial class Inbox
{
    private const int SkippedWindows = 4;

    private long lastGapCheck = long.MinValue;

    /// <summary>When a held message may have waited too long; <see cref="long.MaxValue"/> when nothing is held.</summary>
    internal long NextGapCheck => held == 0 ? long.MaxValue : lastGapCheck == long.MinValue ? long.MinValue : lastGapCheck + CheckInterval;

    // Often enough that a decision is at most a tenth of the time-out late.
    private long CheckInterval => Math.Max(1, options.GapTimeout / 10);

    /// <summary>Decides about every message that has waited too long for another, the longest waiting first.</summary>
    internal void CheckGaps(long now)
    {
        if (now < NextGapCheck)
        {
            return;
        }

        lastGapCheck = now;
        var late = conversations.Values.SelectMany(c => c.Values).SelectMany(c => c.Held.Values)
            .Where(h => now - h.Since >= options.GapTimeout)
            .OrderBy(h => h.Since).ThenBy(h => h.Message.Sequence).ToList();
        foreach (var early in late.Where(IsHeld))
        {
            // Deciding about one may have freed the next; that one is a candidate now.
            if (Missing(early) is { } missing)
            {
                Decide(early, missing, now);
            }
        }
    }

    private void Decide(HeldMessage early, MessageMark missing, long now)
    {
        var channel = early.Channel;
        var fails = options.GapPolicy(channel.Conversation) == GapPolicy.Fail;
        if (IsSequential(early.Message) && missing.Sender == channel.Sender)
        {
            if (fails)
            {
                Fail(channel, missing, now);
            }
            else
            {
                Skip(channel, early.Message.Sequence, now);
            }
        }
        else if (fails && !IsSequential(early.Message))
        {
            Refuse(early, missing, now);
        }
        else
        {
            // Whoever withholds a message must not end another sender's part.
            early.IsWaived = true;
            Record(channel, now, RecordKind.GapSkipped, missing, missing.Sequence, $"{early.Message.Token} no longer waits for message {missing.Sequence} of {missing.Sender}");
            Consider(early);
        }
    }

    /// <summary>Without what it names this message is worth nothing; its sender's others are.</summary>
    private void Refuse(HeldMessage early, MessageMark missing, long now)
    {
        var (channel, message) = (early.Channel, early.Message);
        Record(channel, now, RecordKind.GapFailed, missing, missing.Sequence, $"{message.Token} waited for message {missing.Sequence} of {missing.Sender}, which did not come within {options.GapTimeout} ms");
        Drop(early);
        channel.GiveUp(message.Sequence, now);
        Forget(channel);
        Answer(message, Verdict.GapFailed);
        Progressed(channel, message.Sequence);
    }

    /// <summary>Remembers so many given-up numbers; <see cref="DeliveryChannel.IsForgotten"/> speaks for the older ones.</summary>
    private void Forget(DeliveryChannel channel)
    {
        channel.ForgetSkipped(SkippedWindows * options.Window);
        changes.Marked(channel);
    }

    private void Skip(DeliveryChannel channel, ulong below, long now)
    {
        // The lowest held message may itself be waiting for another sender: only what is absent is given up.
        var first = channel.Contiguous + 1;
        var end = channel.Held.Keys.FirstOrDefault(k => k >= first, below);
        end = Math.Min(end, below);
        if (end == first)
        {
            return;
        }

        channel.SkipBelow(end, now);
        Forget(channel);
        Record(channel, now, RecordKind.GapSkipped, new MessageMark(channel.Sender, first), end - 1, $"messages {first} to {end - 1} of {channel.Sender} did not come within {options.GapTimeout} ms");
        for (var sequence = first; sequence < end; sequence++)
        {
            Progressed(channel, sequence);
        }
    }

    private void Fail(DeliveryChannel channel, MessageMark missing, long now)
    {
        channel.HasFailed = true;
        changes.Marked(channel);
        Record(channel, now, RecordKind.GapFailed, missing, missing.Sequence, $"message {missing.Sequence} of {missing.Sender} did not come within {options.GapTimeout} ms");
        foreach (var early in channel.Held.Values.ToList())
        {
            Drop(early);
            Answer(early.Message, Verdict.GapFailed);
        }
    }

    /// <summary>Without an order nothing waits for a gap, so it is given up only when the window ends at it.</summary>
    private void MakeRoom(DeliveryChannel channel, long now)
    {
        if (channel.Held.Count > 0 || channel.Beyond.Count == 0 || now - channel.GapSince < options.GapTimeout)
        {
            return;
        }

        if (channel.Conversation.Length > 0 && options.GapPolicy(channel.Conversation) == GapPolicy.Fail)
        {
            Fail(channel, new MessageMark(channel.Sender, channel.Contiguous + 1), now);
        }
        else
        {
            Skip(channel, channel.Beyond.Min, now);
        }
    }

    private void Violation(DeliveryChannel channel, AgentMessage message, long now, string detail)
    {
        changes.Counters.Violations++;
        Record(channel, now, RecordKind.SequenceRegression, new MessageMark(channel.Sender, message.Sequence), message.Sequence, detail);
    }

    private void Record(DeliveryChannel channel, long now, RecordKind kind, MessageMark first, ulong last, string detail)
    {
        if (UseOf(channel.Sender).Records++ < MessagingLimits.RecordsPerSender)
        {
            changes.Records.Add(new MessagingRecord(now, kind, channel.Conversation, channel.Sender, first.Sequence, last, detail));
        }
    }
}
