using Quorate.Protocol.Messaging;

namespace Quorate.Transport.Messaging;

/// <summary>
/// Handles one message. What it returns is stored together with the mark that the message was delivered; null stores
/// nothing but the mark. What it sends through the context leaves only if it succeeds. An exception counts as not
/// received: the sender repeats the message. Its agent handles nothing else meanwhile.
/// </summary>
public delegate ValueTask<ReadOnlyMemory<byte>?> MessageHandler(AgentMessage message, MessageContext context, CancellationToken cancellationToken);

/// <summary>What a handler may do besides returning.</summary>
public sealed class MessageContext
{
    internal List<MessageDraft> Drafts { get; } = [];

    /// <summary>Sends in the transaction of the message being handled.</summary>
    public void Send(MessageDraft draft) => Drafts.Add(draft);
}

/// <summary>How one agent's messaging runs.</summary>
public sealed record MessageEndpointOptions
{
    public MessagingOptions Messaging { get; init; } = new();

    public required MessageHandler Handler { get; init; }

    /// <summary>Null keeps everything in memory.</summary>
    public IMessageJournal? Journal { get; init; }

    /// <summary>Signs each message and verifies each; null leaves that to the link.</summary>
    public IMessageCrypto? Crypto { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Of the retry schedule's jitter.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Frames and calls waiting for the loop; 16…1,000,000. Beyond it senders wait and in-process frames are dropped.</summary>
    public int Inbox { get; init; } = 8_192;

    /// <summary>Frames and calls handled in one round, with one commit; 1…65,536.</summary>
    public int Round { get; init; } = 2_048;
}
