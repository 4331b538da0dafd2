using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus;

/// <summary>One request as proposed: for a question with the opinions and the outcome derived from them.</summary>
public sealed class Item(Request request, IReadOnlyList<Opinion> opinions, byte[] outcome)
{
    private volatile DigestCell? leaf;
    private byte[]? encoded;

    public Item(Request request)
        : this(request, [], [])
    {
    }

    public Request Request { get; } = request;

    /// <summary>At least n−f for a question, ordered by author; none otherwise.</summary>
    public IReadOnlyList<Opinion> Opinions { get; } = opinions;

    public byte[] Outcome { get; } = outcome;

    /// <summary>Canonical bytes; their hash is the item's leaf in the batch's Merkle tree.</summary>
    public ReadOnlySpan<byte> Encoded
    {
        get
        {
            if (encoded is null)
            {
                var writer = new WireWriter();
                Write(writer);
                encoded = writer.ToArray();
            }

            return encoded;
        }
    }

    internal Digest Leaf(IConsensusCrypto crypto) => (leaf ??= new DigestCell(LeafOf(crypto, Encoded))).Value;

    internal static Digest LeafOf(IConsensusCrypto crypto, ReadOnlySpan<byte> item)
    {
        const int small = 1024;
        var size = item.Length + 1;
        var prefixed = size <= small ? stackalloc byte[small] : new byte[size];
        prefixed[0] = 0;
        item.CopyTo(prefixed[1..]);
        return crypto.Hash(prefixed[..size]);
    }

    internal void Write(WireWriter writer)
    {
        Request.Write(writer);
        writer.I32(Opinions.Count);
        foreach (var opinion in Opinions)
        {
            opinion.Write(writer);
        }

        writer.Bytes(Outcome);
    }

    internal static Item Read(ref WireReader reader)
    {
        var request = Request.Read(ref reader);
        var opinions = new Opinion[reader.Count(Membership.MaxReplicas, Digest.Size + 12)];
        for (var i = 0; i < opinions.Length; i++)
        {
            opinions[i] = Opinion.Read(ref reader);
        }

        return new Item(request, opinions, reader.Bytes(ConsensusLimits.ValueBytes));
    }
}

/// <summary>What one sequence number decides. Empty: a gap that a new view fills.</summary>
public sealed class Batch(IReadOnlyList<Item> items)
{
    private volatile DigestCell? digest;
    private volatile string? fault;
    private volatile bool isChecked;

    /// <summary>A new one each time: a batch remembers the digest that its first crypto gave it.</summary>
    public static Batch Empty => new([]);

    public IReadOnlyList<Item> Items { get; } = items;

    /// <summary>True once <see cref="ProposalChecker"/> has looked; then <see cref="Fault"/> says what it found.</summary>
    public bool IsChecked => isChecked;

    /// <summary>Why the batch must not be prepared; null when it may.</summary>
    public string? Fault => fault;

    /// <summary>Merkle root over the items.</summary>
    public Digest Digest(IConsensusCrypto crypto)
    {
        if (digest is { } known)
        {
            return known.Value;
        }

        var computed = MerkleTree.Root(crypto, Leaves(crypto));
        digest = new DigestCell(computed);
        return computed;
    }

    internal Digest[] Leaves(IConsensusCrypto crypto)
    {
        var leaves = new Digest[Items.Count];
        for (var i = 0; i < leaves.Length; i++)
        {
            leaves[i] = Items[i].Leaf(crypto);
        }

        return leaves;
    }

    internal void Found(string? reason)
    {
        fault = reason;
        isChecked = true;
    }

    internal void Write(WireWriter writer)
    {
        writer.I32(Items.Count);
        foreach (var item in Items)
        {
            item.Write(writer);
        }
    }

    internal static Batch Read(ref WireReader reader)
    {
        const int smallestItem = 4 + 8 + 1 + 4 + 4 + 4 + 4;
        var before = reader.Remaining;
        var items = new Item[reader.Count(ConsensusLimits.BatchItems, smallestItem)];
        for (var i = 0; i < items.Length && !reader.Failed; i++)
        {
            items[i] = Item.Read(ref reader);
        }

        if (before - reader.Remaining > ConsensusLimits.BatchBytes)
        {
            reader.Fail();
        }

        return new Batch(items);
    }
}
