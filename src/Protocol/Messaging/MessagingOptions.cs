using Quorate.Contracts;

namespace Quorate.Protocol.Messaging;

/// <summary>What happens when a gap in a conversation does not fill in time.</summary>
public enum GapPolicy
{
    /// <summary>The sender's part of the conversation ends: what is held and what follows is refused.</summary>
    Fail,

    /// <summary>The missing messages are given up and refused if they come late; the rest goes on.</summary>
    Skip,
}

/// <summary>Bounds and times of one agent's messaging. Times are milliseconds.</summary>
public sealed record MessagingOptions
{
    /// <summary>Before the first repetition; 1…3,600,000. Doubles with each.</summary>
    public long FirstRetry { get; init; } = 200;

    /// <summary>Most between two attempts; FirstRetry…3,600,000.</summary>
    public long MaxRetry { get; init; } = 30_000;

    /// <summary>How much of a pause is drawn by lot, so that senders do not repeat in step; 0…100 percent.</summary>
    public int JitterPercent { get; init; } = 50;

    /// <summary>Attempts before a message is dead; 1…1000.</summary>
    public int MaxAttempts { get; init; } = 10;

    /// <summary>Deadline of a message that names none, from its sending; 1…31 days.</summary>
    public long Lifetime { get; init; } = 3_600_000;

    /// <summary>Messages not yet settled, dead letters included; 1…10,000,000. A full outbox refuses to send.</summary>
    public int OutboxMessages { get; init; } = 100_000;

    /// <summary>Of them for one receiver, so that one which is gone leaves room for the others; 1…OutboxMessages. Null: three quarters.</summary>
    public int? OutboxPerReceiver { get; init; }

    internal int ReceiverShare => OutboxPerReceiver ?? Math.Max(1, OutboxMessages - (OutboxMessages / 4));

    /// <summary>Messages under way to one receiver; the others wait their turn. 1…Window.</summary>
    public int InFlight { get; init; } = 1_024;

    /// <summary>Sequence numbers beyond the first missing one that are taken in; 1…65,536.</summary>
    public int Window { get; init; } = 1_024;

    /// <summary>Messages of one sender held back until their turn; 1…65,536. Beyond it the newest is refused unacknowledged, and its sender repeats it.</summary>
    public int HeldPerSender { get; init; } = 1_024;

    /// <summary>Payload bytes held back for one sender; at least one payload.</summary>
    public long HeldBytesPerSender { get; init; } = 16 << 20;

    /// <summary>Conversations one sender may have with this agent until they are forgotten; 1…1,000,000.</summary>
    public int ConversationsPerSender { get; init; } = 65_536;

    /// <summary>How long a message is held back for one that is missing; 1…86,400,000.</summary>
    public long GapTimeout { get; init; } = 60_000;

    /// <summary>What then happens, by conversation. Without one nothing waits, and gaps are always skipped.</summary>
    public Func<string, GapPolicy> GapPolicy { get; init; } = _ => Messaging.GapPolicy.Fail;

    /// <exception cref="QuorateException">A value out of its range, named.</exception>
    public MessagingOptions Validated()
    {
        Range(nameof(FirstRetry), FirstRetry, 1, 3_600_000);
        Range(nameof(MaxRetry), MaxRetry, FirstRetry, 3_600_000);
        Range(nameof(JitterPercent), JitterPercent, 0, 100);
        Range(nameof(MaxAttempts), MaxAttempts, 1, 1_000);
        Range(nameof(Lifetime), Lifetime, 1, 31L * 86_400_000);
        Range(nameof(OutboxMessages), OutboxMessages, 1, 10_000_000);
        Range(nameof(OutboxPerReceiver), ReceiverShare, 1, OutboxMessages);
        Range(nameof(Window), Window, 1, 65_536);
        Range(nameof(InFlight), InFlight, 1, Window);
        Range(nameof(HeldPerSender), HeldPerSender, 1, 65_536);
        Range(nameof(HeldBytesPerSender), HeldBytesPerSender, MessagingLimits.PayloadBytes, 1L << 40);
        Range(nameof(ConversationsPerSender), ConversationsPerSender, 1, 1_000_000);
        Range(nameof(GapTimeout), GapTimeout, 1, 86_400_000);
        return this;
    }

    private static void Range(string name, long value, long least, long most)
    {
        if (value < least || value > most)
        {
            throw QuorateException.Input("messaging_option", $"{name} is {value}; {least} to {most} is allowed");
        }
    }
}
