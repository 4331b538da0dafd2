using System.Runtime.InteropServices;
using System.Text;
using Quorate.Protocol.Consensus;

namespace Quorate.Protocol.Messaging;

/// <summary>A sender's message in a conversation, by number. In a clock: that many of the sender's messages.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct MessageMark(string Sender, ulong Sequence);

/// <summary>One message from one agent to one other. Immutable: it may be handed over within a process.</summary>
public sealed record AgentMessage
{
    public required string Sender { get; init; }

    public required string Receiver { get; init; }

    /// <summary>Empty: none, and then no order.</summary>
    public string Conversation { get; init; } = "";

    /// <summary>Counts from 1 for each sender and receiver within a conversation. What goes to all of its members has one number for all.</summary>
    public required ulong Sequence { get; init; }

    public Ordering Ordering { get; init; }

    /// <summary>Causal: how many of each other's messages the sender had been given. Partial: the messages this one comes after.</summary>
    public IReadOnlyList<MessageMark> After { get; init; } = [];

    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>Milliseconds since 1970-01-01 UTC, or of the virtual clock, after which it is not worth delivering.</summary>
    public required long Deadline { get; init; }

    /// <summary>The sender's signature over everything else; empty where the link alone says who sends.</summary>
    public ReadOnlyMemory<byte> Signature { get; init; }

    /// <summary>Names the message for ever: its delivery token, and the key by which copies are recognised.</summary>
    public string Token => $"{Conversation}/{Sender}/{Receiver}/{Sequence}";

    /// <summary>Payload as UTF-8 text.</summary>
    public string Text => Encoding.UTF8.GetString(Payload.Span);

    public byte[] Encode()
    {
        var writer = new WireWriter();
        Write(writer);
        return writer.ToArray();
    }

    /// <summary>False for bytes that are no message.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out AgentMessage message)
    {
        var reader = new WireReader(bytes);
        message = Read(ref reader);
        return reader.Finished;
    }

    internal void Write(WireWriter writer)
    {
        WriteBody(writer);
        writer.Bytes(Signature.Span);
    }

    internal static AgentMessage Read(ref WireReader reader)
    {
        var message = new AgentMessage
        {
            Sender = reader.Text(MessagingLimits.NameBytes),
            Receiver = reader.Text(MessagingLimits.NameBytes),
            Conversation = reader.Text(MessagingLimits.ConversationBytes),
            Sequence = reader.U64(),
            Ordering = (Ordering)reader.U8(),
            Deadline = (long)reader.U64(),
            After = ReadMarks(ref reader),
            Payload = reader.Bytes(MessagingLimits.PayloadBytes),
        };
        return message with { Signature = reader.Bytes(MessagingLimits.SignatureBytes) };
    }

    /// <summary>What the signature covers.</summary>
    internal ReadOnlySpan<byte> Statement()
    {
        var writer = new WireWriter();
        writer.Raw("quorate/message/v1\0"u8);
        WriteBody(writer);
        return writer.Written;
    }

    private void WriteBody(WireWriter writer)
    {
        writer.Text(Sender);
        writer.Text(Receiver);
        writer.Text(Conversation);
        writer.U64(Sequence);
        writer.U8((byte)Ordering);
        writer.U64((ulong)Deadline);
        writer.I32(After.Count);
        foreach (var mark in After)
        {
            writer.Text(mark.Sender);
            writer.U64(mark.Sequence);
        }

        writer.Bytes(Payload.Span);
    }

    private static MessageMark[] ReadMarks(ref WireReader reader)
    {
        var marks = new MessageMark[reader.Count(MessagingLimits.Marks, 12)];
        for (var i = 0; i < marks.Length; i++)
        {
            marks[i] = new MessageMark(reader.Text(MessagingLimits.NameBytes), reader.U64());
        }

        return marks;
    }
}

/// <summary>Text in the canonical form: UTF-8, length-prefixed.</summary>
internal static class WireText
{
    internal static void Text(this WireWriter writer, string value)
    {
        Span<byte> bytes = stackalloc byte[MessagingLimits.ConversationBytes];
        if (Encoding.UTF8.TryGetBytes(value, bytes, out var length))
        {
            writer.Bytes(bytes[..length]);
        }
        else
        {
            writer.Bytes(Encoding.UTF8.GetBytes(value));
        }
    }

    internal static string Text(this ref WireReader reader, int most) => Encoding.UTF8.GetString(reader.Bytes(most));
}
