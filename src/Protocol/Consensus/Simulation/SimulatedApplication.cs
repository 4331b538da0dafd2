using System.Buffers.Binary;

namespace Quorate.Protocol.Consensus.Simulation;

/// <summary>A chain over everything applied: two replicas agree on it exactly when they applied the same in the same order.</summary>
internal sealed class SimulatedApplication : IReplicatedState
{
    internal ulong Chain { get; private set; }

    public byte[] Apply(ulong sequence, Item item)
    {
        Chain = Link(Chain, sequence);
        Chain = Link(Chain, (ulong)item.Request.Client);
        Chain = Link(Chain, item.Request.Sequence);
        foreach (var b in item.Request.Payload)
        {
            Chain = Link(Chain, b);
        }

        foreach (var b in item.Outcome)
        {
            Chain = Link(Chain, b);
        }

        return Snapshot();
    }

    public byte[] Snapshot()
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, Chain);
        return bytes;
    }

    public bool Restore(ReadOnlySpan<byte> snapshot)
    {
        if (snapshot.Length != 8)
        {
            return false;
        }

        Chain = BinaryPrimitives.ReadUInt64BigEndian(snapshot);
        return true;
    }

    internal static ulong Link(ulong chain, ulong value)
    {
        var mixed = (chain ^ value) * 0xD6E8FEB86659FD93;
        return mixed ^ (mixed >> 29) ^ (chain << 7);
    }
}

/// <summary>Forbids payloads that begin with 0xFF; a question's outcome is the most frequent first byte of the opinions, the smaller of equals.</summary>
internal sealed class SimulatedRules : IProposalValidator
{
    internal const byte Forbidden = 0xFF;

    public string? Check(Item item) => item.Request.Payload is [Forbidden, ..] ? "a forbidden payload" : null;

    public byte[]? Tally(Request question, IReadOnlyList<Opinion> opinions)
    {
        Span<int> counts = stackalloc int[256];
        foreach (var opinion in opinions)
        {
            counts[opinion.Value is [var first, ..] ? first : 0]++;
        }

        var best = 0;
        for (var value = 1; value < 256; value++)
        {
            best = counts[value] > counts[best] ? value : best;
        }

        return [(byte)best];
    }
}
