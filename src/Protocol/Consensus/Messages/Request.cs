using System.Runtime.InteropServices;
using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus;

public enum RequestKind : byte
{
    /// <summary>Ordered and applied as it is.</summary>
    Operation = 0,

    /// <summary>Answered by the replicas' signed opinions; the tally of them is what gets decided.</summary>
    Question = 1,

    /// <summary>The payload is encoded <see cref="Evidence"/>; once decided, the replica it convicts counts as silent.</summary>
    Exclusion = 2,
}

/// <summary>Names a request: a client and that client's own number for it.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct RequestKey(int Client, ulong Sequence);

/// <summary>What a client asks for.</summary>
public sealed class Request(int client, ulong sequence, RequestKind type, byte[] payload, byte[] signature) : Message
{
    private volatile DigestCell? digest;

    public override MessageKind Kind => MessageKind.Request;

    /// <summary>Number of the client, from n on.</summary>
    public int Client { get; } = client;

    /// <summary>Counts up from 1 for each client; only a window of them may be outstanding.</summary>
    public ulong Sequence { get; } = sequence;

    public RequestKind Type { get; } = type;

    public byte[] Payload { get; } = payload;

    /// <summary>The client's signature; empty where links authenticate clients instead.</summary>
    public byte[] Signature { get; } = signature;

    public RequestKey Key => new(Client, Sequence);

    public static Request Sign(IConsensusCrypto crypto, Digest directory, int client, ulong sequence, RequestKind type, byte[] payload)
    {
        var unsigned = new Request(client, sequence, type, payload, []);
        return new Request(client, sequence, type, payload, unsigned.Statement(crypto).Sign(crypto, directory));
    }

    /// <summary>Hash of what is asked and by whom; opinions name it as their subject.</summary>
    public Digest Digest(IConsensusCrypto crypto)
    {
        if (digest is { } known)
        {
            return known.Value;
        }

        var writer = new WireWriter();
        writer.Raw("request\0"u8);
        WriteBody(writer);
        var computed = crypto.Hash(writer.Written);
        digest = new DigestCell(computed);
        return computed;
    }

    internal Statement Statement(IConsensusCrypto crypto) =>
        new(StatementKind.Request, (ulong)Client, Sequence, Digest(crypto));

    internal override void Write(WireWriter writer)
    {
        WriteBody(writer);
        writer.Bytes(Signature);
    }

    internal static Request Read(ref WireReader reader) => new(
        reader.I32(), reader.U64(), ReadType(ref reader), reader.Bytes(ConsensusLimits.PayloadBytes), reader.Bytes(ConsensusLimits.SignatureBytes));

    private static RequestKind ReadType(ref WireReader reader)
    {
        var type = reader.U8();
        if (type > (byte)RequestKind.Exclusion)
        {
            reader.Fail();
        }

        return (RequestKind)type;
    }

    private void WriteBody(WireWriter writer)
    {
        writer.I32(Client);
        writer.U64(Sequence);
        writer.U8((byte)Type);
        writer.Bytes(Payload);
    }
}

/// <summary>What a replica tells a client; f+1 equal ones are an answer. Authenticated by the link.</summary>
public sealed class Reply(ulong view, int client, ulong sequence, int replica, byte[] result) : Message
{
    public override MessageKind Kind => MessageKind.Reply;

    /// <summary>Where the replica believes the leader to be.</summary>
    public ulong View { get; } = view;

    public int Client { get; } = client;

    public ulong Sequence { get; } = sequence;

    public int Replica { get; } = replica;

    public byte[] Result { get; } = result;

    internal override void Write(WireWriter writer)
    {
        writer.U64(View);
        writer.I32(Client);
        writer.U64(Sequence);
        writer.I32(Replica);
        writer.Bytes(Result);
    }

    internal static Reply Read(ref WireReader reader) =>
        new(reader.U64(), reader.I32(), reader.U64(), reader.I32(), reader.Bytes(ConsensusLimits.ResultBytes));
}
