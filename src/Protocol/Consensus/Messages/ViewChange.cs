using System.Runtime.InteropServices;
using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus;

/// <summary>A quorum's checkpoint votes for one state. Sequence 0 is the beginning and needs none.</summary>
public sealed record CheckpointProof(ulong Sequence, Digest Digest, IReadOnlyList<SignedBy> Votes)
{
    public static CheckpointProof Genesis { get; } = new(0, default, []);

    internal void Write(WireWriter writer)
    {
        writer.U64(Sequence);
        writer.Hash(Digest);
        Signatures.Write(writer, Votes);
    }

    internal static CheckpointProof Read(ref WireReader reader) => new(reader.U64(), reader.Hash(), Signatures.Read(ref reader));
}

/// <summary>
/// Proof that a batch prepared: the primary's signed pre-prepare header and matching prepares, together a quorum.
/// An element of the set P of a view change (Castro and Liskov, OSDI '99, section 4.4).
/// </summary>
public sealed record PreparedProof(ulong View, ulong Sequence, Digest Digest, byte[] PrePrepare, IReadOnlyList<SignedBy> Prepares)
{
    internal void Write(WireWriter writer)
    {
        writer.U64(View);
        writer.U64(Sequence);
        writer.Hash(Digest);
        writer.Bytes(PrePrepare);
        Signatures.Write(writer, Prepares);
    }

    internal static PreparedProof Read(ref WireReader reader) => new(
        reader.U64(), reader.U64(), reader.Hash(), reader.Bytes(ConsensusLimits.SignatureBytes), Signatures.Read(ref reader));
}

/// <summary>A replica leaves its view: its stable checkpoint and everything it has prepared since, with proofs.</summary>
public sealed class ViewChange(ulong view, int replica, CheckpointProof stable, IReadOnlyList<PreparedProof> prepared, byte[] signature) : Message
{
    private volatile DigestCell? content;

    public override MessageKind Kind => MessageKind.ViewChange;

    /// <summary>The view asked for.</summary>
    public ulong View { get; } = view;

    public int Replica { get; } = replica;

    public CheckpointProof Stable { get; } = stable;

    /// <summary>By ascending sequence number, at most one each.</summary>
    public IReadOnlyList<PreparedProof> Prepared { get; } = prepared;

    public byte[] Signature { get; } = signature;

    internal Statement Statement(IConsensusCrypto crypto) => new(StatementKind.ViewChange, View, 0, Content(crypto));

    internal override void Write(WireWriter writer)
    {
        WriteBody(writer);
        writer.Bytes(Signature);
    }

    internal static ViewChange Read(ref WireReader reader)
    {
        var (view, replica, stable) = (reader.U64(), reader.I32(), CheckpointProof.Read(ref reader));
        var prepared = new PreparedProof[reader.Count(ConsensusLimits.Window, 16 + Digest.Size + 8)];
        for (var i = 0; i < prepared.Length && !reader.Failed; i++)
        {
            prepared[i] = PreparedProof.Read(ref reader);
        }

        return new ViewChange(view, replica, stable, prepared, reader.Bytes(ConsensusLimits.SignatureBytes));
    }

    private Digest Content(IConsensusCrypto crypto)
    {
        if (content is { } known)
        {
            return known.Value;
        }

        var writer = new WireWriter();
        writer.Raw("view-change\0"u8);
        WriteBody(writer);
        var computed = crypto.Hash(writer.Written);
        content = new DigestCell(computed);
        return computed;
    }

    private void WriteBody(WireWriter writer)
    {
        writer.U64(View);
        writer.I32(Replica);
        Stable.Write(writer);
        writer.I32(Prepared.Count);
        foreach (var proof in Prepared)
        {
            proof.Write(writer);
        }
    }
}

/// <summary>A pre-prepare header of a new view; the batch is known from the view before or fetched by digest.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Reproposal(ulong Sequence, Digest Digest, byte[] Signature);

/// <summary>The new primary's proof that a quorum left the old view, and what follows from it.</summary>
public sealed class NewView(ulong view, IReadOnlyList<ViewChange> viewChanges, IReadOnlyList<Reproposal> reproposals, byte[] signature) : Message
{
    private volatile DigestCell? content;

    public override MessageKind Kind => MessageKind.NewView;

    public ulong View { get; } = view;

    /// <summary>A quorum, by ascending replica: the set V.</summary>
    public IReadOnlyList<ViewChange> ViewChanges { get; } = viewChanges;

    /// <summary>One for each sequence number that V leaves open: the set O.</summary>
    public IReadOnlyList<Reproposal> Reproposals { get; } = reproposals;

    public byte[] Signature { get; } = signature;

    internal Statement Statement(IConsensusCrypto crypto) => new(StatementKind.NewView, View, 0, Content(crypto));

    internal override void Write(WireWriter writer)
    {
        WriteBody(writer);
        writer.Bytes(Signature);
    }

    internal static NewView Read(ref WireReader reader)
    {
        var view = reader.U64();
        var changes = new ViewChange[reader.Count(Membership.MaxReplicas, 64)];
        for (var i = 0; i < changes.Length && !reader.Failed; i++)
        {
            changes[i] = ViewChange.Read(ref reader);
        }

        var reproposals = new Reproposal[reader.Count(ConsensusLimits.Window, 8 + Digest.Size + 4)];
        for (var i = 0; i < reproposals.Length && !reader.Failed; i++)
        {
            reproposals[i] = new Reproposal(reader.U64(), reader.Hash(), reader.Bytes(ConsensusLimits.SignatureBytes));
        }

        return new NewView(view, changes, reproposals, reader.Bytes(ConsensusLimits.SignatureBytes));
    }

    private Digest Content(IConsensusCrypto crypto)
    {
        if (content is { } known)
        {
            return known.Value;
        }

        var writer = new WireWriter();
        writer.Raw("new-view\0"u8);
        WriteBody(writer);
        var computed = crypto.Hash(writer.Written);
        content = new DigestCell(computed);
        return computed;
    }

    private void WriteBody(WireWriter writer)
    {
        writer.U64(View);
        writer.I32(ViewChanges.Count);
        foreach (var change in ViewChanges)
        {
            change.Write(writer);
        }

        writer.I32(Reproposals.Count);
        foreach (var (sequence, digest, signature) in Reproposals)
        {
            writer.U64(sequence);
            writer.Hash(digest);
            writer.Bytes(signature);
        }
    }
}

/// <summary>Sets of signatures under one statement.</summary>
internal static class Signatures
{
    internal static void Write(WireWriter writer, IReadOnlyList<SignedBy> signatures)
    {
        writer.I32(signatures.Count);
        foreach (var (signer, signature) in signatures)
        {
            writer.I32(signer);
            writer.Bytes(signature);
        }
    }

    internal static SignedBy[] Read(ref WireReader reader)
    {
        var signatures = new SignedBy[reader.Count(Membership.MaxReplicas, 8)];
        for (var i = 0; i < signatures.Length; i++)
        {
            signatures[i] = new SignedBy(reader.I32(), reader.Bytes(ConsensusLimits.SignatureBytes));
        }

        return signatures;
    }
}
