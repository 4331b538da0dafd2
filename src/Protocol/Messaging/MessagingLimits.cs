namespace Quorate.Protocol.Messaging;

/// <summary>What anyone may send; more is refused unread.</summary>
public static class MessagingLimits
{
    /// <summary>Bytes of an agent's name in UTF-8.</summary>
    public const int NameBytes = 128;

    /// <summary>Bytes of a conversation's name in UTF-8.</summary>
    public const int ConversationBytes = 256;

    /// <summary>Bytes of a payload: 1 MiB.</summary>
    public const int PayloadBytes = 1 << 20;

    public const int SignatureBytes = 256;

    /// <summary>Entries of a clock, or named dependencies; members of a causal conversation.</summary>
    public const int Marks = 64;

    /// <summary>Delivered messages of a sender in a conversation whose content is remembered, to tell a copy from another message under the same number.</summary>
    public const int RememberedContents = 16;

    /// <summary>Records kept about one sender; further ones are only counted.</summary>
    public const int RecordsPerSender = 256;
}
