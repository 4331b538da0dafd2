using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus;

/// <summary>How far a replica is. Sent now and then, so that whoever is ahead or behind repairs what was lost.</summary>
public sealed class Status(ulong view, bool active, ulong executed, ulong stable) : Message
{
    public override MessageKind Kind => MessageKind.Status;

    public ulong View { get; } = view;

    /// <summary>False while a view change is under way.</summary>
    public bool Active { get; } = active;

    public ulong Executed { get; } = executed;

    public ulong Stable { get; } = stable;

    internal override void Write(WireWriter writer)
    {
        writer.U64(View);
        writer.U8(Active ? (byte)1 : (byte)0);
        writer.U64(Executed);
        writer.U64(Stable);
    }

    internal static Status Read(ref WireReader reader)
    {
        var view = reader.U64();
        var active = reader.U8();
        if (active > 1)
        {
            reader.Fail();
        }

        return new Status(view, active == 1, reader.U64(), reader.U64());
    }
}

/// <summary>Asks for something by sequence number: decided batches from there on, or the state at or after it.</summary>
public sealed class Fetch(MessageKind kind, ulong sequence, Digest digest) : Message
{
    /// <summary>FetchDecided, FetchBatch or FetchState.</summary>
    public override MessageKind Kind { get; } = kind;

    public ulong Sequence { get; } = sequence;

    /// <summary>Of the batch wanted; zero otherwise.</summary>
    public Digest Digest { get; } = digest;

    internal override void Write(WireWriter writer)
    {
        writer.U64(Sequence);
        writer.Hash(Digest);
    }

    internal static Fetch Read(MessageKind kind, ref WireReader reader) => new(kind, reader.U64(), reader.Hash());
}

/// <summary>A decided batch with a quorum's commits: proof enough for anyone.</summary>
public sealed class Decided(ulong view, ulong sequence, Batch batch, IReadOnlyList<SignedBy> commits) : Message
{
    public override MessageKind Kind => MessageKind.Decided;

    public ulong View { get; } = view;

    public ulong Sequence { get; } = sequence;

    public Batch Batch { get; } = batch;

    /// <summary>By ascending signer.</summary>
    public IReadOnlyList<SignedBy> Commits { get; } = commits;

    internal override void Write(WireWriter writer)
    {
        writer.U64(View);
        writer.U64(Sequence);
        Batch.Write(writer);
        Signatures.Write(writer, Commits);
    }

    internal static Decided Read(ref WireReader reader) =>
        new(reader.U64(), reader.U64(), Batch.Read(ref reader), Signatures.Read(ref reader));
}

/// <summary>A batch fetched by its digest.</summary>
public sealed class BatchData(ulong sequence, Batch batch) : Message
{
    public override MessageKind Kind => MessageKind.BatchData;

    public ulong Sequence { get; } = sequence;

    public Batch Batch { get; } = batch;

    internal override void Write(WireWriter writer)
    {
        writer.U64(Sequence);
        Batch.Write(writer);
    }

    internal static BatchData Read(ref WireReader reader) => new(reader.U64(), Batch.Read(ref reader));
}

/// <summary>The state at a stable checkpoint, with the proof that it is the state.</summary>
public sealed class StateData(CheckpointProof proof, byte[] snapshot) : Message
{
    public override MessageKind Kind => MessageKind.StateData;

    public CheckpointProof Proof { get; } = proof;

    public byte[] Snapshot { get; } = snapshot;

    internal override void Write(WireWriter writer)
    {
        Proof.Write(writer);
        writer.Bytes(Snapshot);
    }

    internal static StateData Read(ref WireReader reader) =>
        new(CheckpointProof.Read(ref reader), reader.Bytes(ConsensusLimits.SnapshotBytes));
}
