namespace Quorate.Protocol.Consensus;

/// <summary>Messages to bytes and back. One message has one form; anything else is refused.</summary>
public static class MessageCodec
{
    public static byte[] Encode(Message message)
    {
        var writer = new WireWriter();
        writer.U8((byte)message.Kind);
        message.Write(writer);
        return writer.ToArray();
    }

    /// <summary>False for bytes that are no message. Never throws; allocates no more than a small multiple of the input.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Message? message)
    {
        message = null;
        if (bytes.Length is 0 or > ConsensusLimits.MessageBytes)
        {
            return false;
        }

        var reader = new WireReader(bytes);
        var read = Read((MessageKind)reader.U8(), ref reader);
        message = reader.Finished ? read : null;
        return message is not null;
    }

    private static Message? Read(MessageKind kind, ref WireReader reader) => kind switch
    {
        MessageKind.Request => Request.Read(ref reader),
        MessageKind.PrePrepare => PrePrepare.Read(ref reader),
        MessageKind.Prepare or MessageKind.Commit or MessageKind.Checkpoint => Vote.Read(kind, ref reader),
        MessageKind.ViewChange => ViewChange.Read(ref reader),
        MessageKind.NewView => NewView.Read(ref reader),
        MessageKind.Opinion => Opinion.Read(ref reader),
        MessageKind.Reply => Reply.Read(ref reader),
        MessageKind.Status => Status.Read(ref reader),
        MessageKind.FetchDecided or MessageKind.FetchBatch or MessageKind.FetchState => Fetch.Read(kind, ref reader),
        MessageKind.Decided => Decided.Read(ref reader),
        MessageKind.BatchData => BatchData.Read(ref reader),
        MessageKind.StateData => StateData.Read(ref reader),
        _ => null,
    };
}
