using System.Runtime.InteropServices;

namespace Quorate.Protocol.Messaging;

/// <summary>What the receiver says about a message, once what it did with it is durable.</summary>
public enum Verdict : byte
{
    /// <summary>The handler's effect is there, now or since before.</summary>
    Accepted = 0,

    /// <summary>It came after its deadline.</summary>
    Expired = 1,

    /// <summary>It was given up as missing before it came; its place in the order has passed.</summary>
    Skipped = 2,

    /// <summary>A gap in this sender's part of the conversation did not fill, and that part has ended.</summary>
    GapFailed = 3,

    /// <summary>Another message with this number was delivered before.</summary>
    SequenceRegression = 4,

    /// <summary>It breaks the rules of the wire: an unknown ordering, an order without a conversation, no number.</summary>
    Malformed = 5,
}

/// <summary>An acknowledgement, or a refusal for good, of one message. No receipt at all means: send again.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Receipt(string Conversation, ulong Sequence, Verdict Verdict);

/// <summary>Why a message was given up.</summary>
public static class DeadReasons
{
    public const string Attempts = "attempts";
    public const string Deadline = "deadline";

    public static string Of(Verdict verdict) => verdict switch
    {
        Verdict.Expired => Deadline,
        Verdict.Skipped => "skipped",
        Verdict.GapFailed => "gap_failed",
        Verdict.SequenceRegression => "sequence_regression",
        _ => "malformed",
    };
}

/// <summary>A message that was given up, with the reason: attempts, deadline, skipped, gap_failed, sequence_regression or malformed.</summary>
/// <param name="Message">The message.</param>
/// <param name="Reason">Why.</param>
/// <param name="Attempts">How often it was sent since it, or its agent, last began.</param>
/// <param name="At">When it was given up, in milliseconds; 0: not known.</param>
public sealed record DeadLetter(AgentMessage Message, string Reason, int Attempts = 0, long At = 0);

/// <summary>What is written down about a sender's conversation.</summary>
public enum RecordKind
{
    /// <summary>Two messages under one number; the first stays.</summary>
    SequenceRegression,

    /// <summary>A gap did not fill, and the missing messages were given up.</summary>
    GapSkipped,

    /// <summary>A gap did not fill, and the sender's part of the conversation has ended.</summary>
    GapFailed,
}

/// <summary>A violation of the order, or a decision about a gap.</summary>
/// <param name="At">Milliseconds.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Conversation">Where.</param>
/// <param name="Sender">Whose part of the conversation.</param>
/// <param name="First">First sequence number concerned.</param>
/// <param name="Last">Last of them.</param>
/// <param name="Detail">In words, for people.</param>
public sealed record MessagingRecord(long At, RecordKind Kind, string Conversation, string Sender, ulong First, ulong Last, string Detail)
{
    /// <summary>The kind as scripts know it.</summary>
    public string KindName => Kind switch
    {
        RecordKind.SequenceRegression => "sequence_regression",
        RecordKind.GapSkipped => "gap_skipped",
        _ => "gap_failed",
    };
}
