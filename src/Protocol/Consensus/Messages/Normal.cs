using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus;

/// <summary>The primary assigns a sequence number to a batch. Only the header is signed; the digest binds the batch.</summary>
public sealed class PrePrepare(ulong view, ulong sequence, Digest digest, Batch batch, byte[] signature) : Message
{
    public override MessageKind Kind => MessageKind.PrePrepare;

    public ulong View { get; } = view;

    public ulong Sequence { get; } = sequence;

    public Digest Digest { get; } = digest;

    public Batch Batch { get; } = batch;

    public byte[] Signature { get; } = signature;

    internal Statement Statement => new(StatementKind.PrePrepare, View, Sequence, Digest);

    internal override void Write(WireWriter writer)
    {
        writer.U64(View);
        writer.U64(Sequence);
        writer.Hash(Digest);
        writer.Bytes(Signature);
        Batch.Write(writer);
    }

    internal static PrePrepare Read(ref WireReader reader)
    {
        var (view, sequence, digest) = (reader.U64(), reader.U64(), reader.Hash());
        var signature = reader.Bytes(ConsensusLimits.SignatureBytes);
        return new PrePrepare(view, sequence, digest, Batch.Read(ref reader), signature);
    }
}

/// <summary>A prepare, a commit or a checkpoint: one replica's signed word on one digest.</summary>
public sealed class Vote(MessageKind kind, ulong view, ulong sequence, Digest digest, int replica, byte[] signature) : Message
{
    /// <summary>Prepare, Commit or Checkpoint.</summary>
    public override MessageKind Kind { get; } = kind;

    /// <summary>Zero for a checkpoint.</summary>
    public ulong View { get; } = view;

    public ulong Sequence { get; } = sequence;

    /// <summary>Of the batch; for a checkpoint of the state.</summary>
    public Digest Digest { get; } = digest;

    public int Replica { get; } = replica;

    public byte[] Signature { get; } = signature;

    internal Statement Statement => StatementOf(Kind, View, Sequence, Digest);

    internal static Statement StatementOf(MessageKind kind, ulong view, ulong sequence, Digest digest) => new(
        kind switch
        {
            MessageKind.Prepare => StatementKind.Prepare,
            MessageKind.Commit => StatementKind.Commit,
            _ => StatementKind.Checkpoint,
        },
        view,
        sequence,
        digest);

    internal override void Write(WireWriter writer)
    {
        writer.U64(View);
        writer.U64(Sequence);
        writer.Hash(Digest);
        writer.I32(Replica);
        writer.Bytes(Signature);
    }

    internal static Vote Read(MessageKind kind, ref WireReader reader)
    {
        var vote = new Vote(kind, reader.U64(), reader.U64(), reader.Hash(), reader.I32(), reader.Bytes(ConsensusLimits.SignatureBytes));
        if (kind == MessageKind.Checkpoint && vote.View != 0)
        {
            reader.Fail();
        }

        return vote;
    }
}
