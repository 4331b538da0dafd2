namespace Quorate.Protocol.Consensus.Crypto;

/// <summary>
/// The Merkle tree of RFC 6962 section 2.1: leaves and inner nodes are hashed under different prefixes, and a tree
/// of n leaves splits at the largest power of two below n. The number of leaves is hashed into the root.
/// </summary>
public static class MerkleTree
{
    private const byte NodePrefix = 1;
    private const byte RootPrefix = 2;

    public static Digest Root(IConsensusCrypto crypto, ReadOnlySpan<Digest> leaves) =>
        Seal(crypto, leaves.Length, leaves.IsEmpty ? default : Subtree(crypto, leaves));

    /// <summary>Siblings from the leaf up.</summary>
    public static Digest[] Proof(IConsensusCrypto crypto, ReadOnlySpan<Digest> leaves, int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)leaves.Length, nameof(index));
        var path = new List<Digest>();
        while (leaves.Length > 1)
        {
            var split = Split(leaves.Length);
            var left = index < split;
            path.Add(Subtree(crypto, left ? leaves[split..] : leaves[..split]));
            leaves = left ? leaves[..split] : leaves[split..];
            index -= left ? 0 : split;
        }

        path.Reverse();
        return [.. path];
    }

    public static bool Verify(IConsensusCrypto crypto, Digest root, Digest leaf, int index, int count, ReadOnlySpan<Digest> path)
    {
        if ((uint)index >= (uint)count)
        {
            return false;
        }

        var used = 0;
        return TryClimb(crypto, leaf, index, count, path, ref used, out var top)
            && used == path.Length && Seal(crypto, count, top) == root;
    }

    private static bool TryClimb(
        IConsensusCrypto crypto, Digest leaf, int index, int count, ReadOnlySpan<Digest> path, ref int used, out Digest top)
    {
        top = leaf;
        if (count == 1)
        {
            return true;
        }

        var split = Split(count);
        var left = index < split;
        if (!TryClimb(crypto, leaf, left ? index : index - split, left ? split : count - split, path, ref used, out var below)
            || used >= path.Length)
        {
            return false;
        }

        var sibling = path[used++];
        top = left ? Node(crypto, below, sibling) : Node(crypto, sibling, below);
        return true;
    }

    private static Digest Subtree(IConsensusCrypto crypto, ReadOnlySpan<Digest> leaves)
    {
        if (leaves.Length == 1)
        {
            return leaves[0];
        }

        var split = Split(leaves.Length);
        return Node(crypto, Subtree(crypto, leaves[..split]), Subtree(crypto, leaves[split..]));
    }

    private static int Split(int count) => (int)(System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count) >> 1);

    private static Digest Node(IConsensusCrypto crypto, Digest left, Digest right)
    {
        Span<byte> bytes = stackalloc byte[1 + (2 * Digest.Size)];
        bytes[0] = NodePrefix;
        left.Write(bytes[1..]);
        right.Write(bytes[(1 + Digest.Size)..]);
        return crypto.Hash(bytes);
    }

    private static Digest Seal(IConsensusCrypto crypto, int count, Digest top)
    {
        Span<byte> bytes = stackalloc byte[5 + Digest.Size];
        bytes[0] = RootPrefix;
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes[1..], count);
        top.Write(bytes[5..]);
        return crypto.Hash(bytes);
    }
}
