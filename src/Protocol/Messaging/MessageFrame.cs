using Quorate.Protocol.Consensus;

namespace Quorate.Protocol.Messaging;

/// <summary>What travels between two agents in one piece: messages one way, receipts for the other way's.</summary>
/// <param name="From">Who sends it.</param>
/// <param name="To">Who is to get it.</param>
/// <param name="Messages">At most <see cref="MaxMessages"/>.</param>
/// <param name="Receipts">At most <see cref="MaxReceipts"/>.</param>
public sealed record MessageFrame(string From, string To, IReadOnlyList<AgentMessage> Messages, IReadOnlyList<Receipt> Receipts)
{
    public const int MaxMessages = 256;

    public const int MaxReceipts = 4_096;

    /// <summary>Payload bytes after which a frame takes no further message: 1 MiB.</summary>
    public const int PayloadBytes = 1 << 20;

    // Two payloads of the largest size and everything else at its largest fit.
    private const int MaxBytes = 16 << 20;

    /// <summary>Both in one, this one's first; null when they do not fit together.</summary>
    public MessageFrame? TryMerge(MessageFrame next) =>
        next.From == From && next.To == To && Messages.Count + next.Messages.Count <= MaxMessages && Receipts.Count + next.Receipts.Count <= MaxReceipts
        && Messages.Sum(m => m.Payload.Length) + next.Messages.Sum(m => m.Payload.Length) <= PayloadBytes
            ? this with { Messages = [.. Messages, .. next.Messages], Receipts = [.. Receipts, .. next.Receipts] }
            : null;

    /// <summary>The frame as bytes, signed by its sender.</summary>
    public byte[] Encode(IMessageCrypto crypto)
    {
        var writer = new WireWriter();
        writer.Raw("quorate/frame/v1\0"u8);
        writer.Text(From);
        writer.Text(To);
        writer.I32(Messages.Count);
        foreach (var message in Messages)
        {
            message.Write(writer);
        }

        writer.I32(Receipts.Count);
        foreach (var receipt in Receipts)
        {
            writer.Text(receipt.Conversation);
            writer.U64(receipt.Sequence);
            writer.U8((byte)receipt.Verdict);
        }

        writer.Bytes(crypto.Sign(writer.Written));
        return writer.ToArray();
    }

    /// <summary>False for bytes that are no frame, and for a frame that is not signed by whom it says it is from.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, IMessageCrypto crypto, out MessageFrame frame)
    {
        var reader = new WireReader(bytes.Length <= MaxBytes ? bytes : []);
        var isFrame = reader.Raw(17).AsSpan().SequenceEqual("quorate/frame/v1\0"u8);
        var (from, to) = (reader.Text(MessagingLimits.NameBytes), reader.Text(MessagingLimits.NameBytes));
        var messages = new AgentMessage[reader.Count(MaxMessages, 45)];
        for (var i = 0; i < messages.Length; i++)
        {
            messages[i] = AgentMessage.Read(ref reader);
        }

        var receipts = new Receipt[reader.Count(MaxReceipts, 13)];
        for (var i = 0; i < receipts.Length; i++)
        {
            receipts[i] = new Receipt(reader.Text(MessagingLimits.ConversationBytes), reader.U64(), (Verdict)reader.U8());
        }

        var signed = bytes.Length - reader.Remaining;
        var signature = reader.Bytes(MessagingLimits.SignatureBytes);
        frame = new MessageFrame(from, to, messages, receipts);
        return isFrame && reader.Finished && crypto.Verify(from, bytes[..signed], signature);
    }
}
