using System.Buffers.Binary;
using Quorate.Protocol.Consensus;

namespace Quorate.Tests.Unit.Transport;

/// <summary>Counts what was applied and answers with the count.</summary>
internal sealed class CounterState : IReplicatedState
{
    internal ulong Count { get; private set; }

    public byte[] Apply(ulong sequence, Item item)
    {
        Count++;
        return Snapshot();
    }

    public byte[] Snapshot()
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, Count);
        return bytes;
    }

    public bool Restore(ReadOnlySpan<byte> snapshot)
    {
        if (snapshot.Length != 8)
        {
            return false;
        }

        Count = BinaryPrimitives.ReadUInt64BigEndian(snapshot);
        return true;
    }
}

/// <summary>Everything may be decided; a question's outcome is the first opinion.</summary>
internal sealed class AnyRules : IProposalValidator
{
    public string? Check(Item item) => null;

    public byte[]? Tally(Request question, IReadOnlyList<Opinion> opinions) => opinions[0].Value;
}
