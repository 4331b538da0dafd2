using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus;

/// <summary>
/// Proof that one item was decided, for anyone with the public keys: a quorum's commit signatures on a batch and
/// the item's place in it. Encoded canonically; a changed byte anywhere makes it worthless.
/// </summary>
public sealed record QuorumCertificate
{
    /// <summary>Hash of the key directory that the signatures are to be checked with.</summary>
    public required Digest Directory { get; init; }
    public required ulong View { get; init; }
    public required ulong Sequence { get; init; }

    /// <summary>Digest of the batch, the root of its Merkle tree.</summary>
    public required Digest Batch { get; init; }

    /// <summary>Items in the batch.</summary>
    public required int Count { get; init; }

    /// <summary>The item's place, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The item's canonical bytes.</summary>
    public required byte[] Item { get; init; }

    /// <summary>Siblings from the leaf up.</summary>
    public required IReadOnlyList<Digest> Path { get; init; }

    /// <summary>At least a quorum, by ascending replica.</summary>
    public required IReadOnlyList<SignedBy> Commits { get; init; }

    private static ReadOnlySpan<byte> Domain => "quorate/certificate/v1"u8;

    /// <summary>The certificate of one item of a decision.</summary>
    public static QuorumCertificate For(ConsensusContext context, Decided decided, int index)
    {
        var batch = decided.Batch;
        return new QuorumCertificate
        {
            Directory = context.Directory,
            View = decided.View,
            Sequence = decided.Sequence,
            Batch = batch.Digest(context.Crypto),
            Count = batch.Items.Count,
            Index = index,
            Item = batch.Items[index].Encoded.ToArray(),
            Path = MerkleTree.Proof(context.Crypto, batch.Leaves(context.Crypto), index),
            Commits = decided.Commits,
        };
    }

    /// <summary>Null when the certificate proves the decision, otherwise what is wrong with it.</summary>
    public string? Check(Membership membership, Digest directory, IConsensusCrypto crypto)
    {
        if (Directory != directory)
        {
            return "made for another key directory";
        }

        var leaf = Consensus.Item.LeafOf(crypto, Item);
        if (!MerkleTree.Verify(crypto, Batch, leaf, Index, Count, [.. Path]))
        {
            return "the item is not in the batch";
        }

        if (Commits.Count < membership.Quorum)
        {
            return $"{Commits.Count} signatures; {membership.Quorum} of {membership.Replicas} are needed";
        }

        var statement = new Statement(StatementKind.Commit, View, Sequence, Batch);
        var last = -1;
        foreach (var (signer, signature) in Commits)
        {
            if (signer <= last || !membership.IsReplica(signer) || !statement.Verify(crypto, directory, signer, signature))
            {
                return $"the signature of replica {signer} does not verify, or is out of order";
            }

            last = signer;
        }

        return null;
    }

    /// <summary>Checks against a directory of P-256 keys, offline.</summary>
    public string? Check(KeyDirectory keys)
    {
        using var crypto = new P256Crypto(keys);
        return Check(keys.Membership, keys.Hash, crypto);
    }

    /// <summary>The item, or null for bytes that are none.</summary>
    public Item? Decided()
    {
        var reader = new WireReader(Item);
        var item = Consensus.Item.Read(ref reader);
        return reader.Finished ? item : null;
    }

    public byte[] Encode()
    {
        var writer = new WireWriter();
        writer.Raw(Domain);
        writer.Hash(Directory);
        writer.U64(View);
        writer.U64(Sequence);
        writer.Hash(Batch);
        writer.I32(Count);
        writer.I32(Index);
        writer.Bytes(Item);
        writer.I32(Path.Count);
        foreach (var sibling in Path)
        {
            writer.Hash(sibling);
        }

        Signatures.Write(writer, Commits);
        return writer.ToArray();
    }

    /// <summary>False for bytes that are no certificate; never throws.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out QuorumCertificate? certificate)
    {
        var reader = new WireReader(bytes);
        var domain = reader.Raw(Domain.Length);
        var (directory, view, sequence, batch) = (reader.Hash(), reader.U64(), reader.U64(), reader.Hash());
        var (count, index, item) = (reader.I32(), reader.I32(), reader.Bytes(ConsensusLimits.BatchBytes));
        var path = new Digest[reader.Count(ConsensusLimits.ProofLength, Digest.Size)];
        for (var i = 0; i < path.Length; i++)
        {
            path[i] = reader.Hash();
        }

        var commits = Signatures.Read(ref reader);
        certificate = !reader.Finished || !domain.AsSpan().SequenceEqual(Domain) ? null : new QuorumCertificate
        {
            Directory = directory,
            View = view,
            Sequence = sequence,
            Batch = batch,
            Count = count,
            Index = index,
            Item = item,
            Path = path,
            Commits = commits,
        };
        return certificate is not null;
    }
}
