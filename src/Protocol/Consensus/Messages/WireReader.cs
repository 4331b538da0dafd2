using System.Buffers.Binary;
using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus;

/// <summary>
/// Reads the canonical form. Never throws: after the first thing that does not fit, everything reads as zero and
/// <see cref="Finished"/> stays false. Nothing is allocated before the bytes for it are known to be there.
/// </summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> rest = bytes;
    private bool failed;

    /// <summary>Everything fitted and nothing is left over.</summary>
    public readonly bool Finished => !failed && rest.IsEmpty;

    public readonly bool Failed => failed;

    public readonly int Remaining => rest.Length;

    public void Fail() => failed = true;

    public byte U8() => TryTake(1, out var taken) ? taken[0] : (byte)0;

    public int I32() => TryTake(4, out var taken) ? BinaryPrimitives.ReadInt32BigEndian(taken) : 0;

    public ulong U64() => TryTake(8, out var taken) ? BinaryPrimitives.ReadUInt64BigEndian(taken) : 0;

    public Digest Hash() => TryTake(Digest.Size, out var taken) ? Digest.Read(taken) : default;

    public byte[] Raw(int size) => TryTake(size, out var taken) ? taken.ToArray() : [];

    public byte[] Bytes(int most)
    {
        var size = I32();
        if (size < 0 || size > most)
        {
            failed = true;
        }

        return Raw(size);
    }

    /// <summary>A number of elements that the remaining bytes can hold.</summary>
    public int Count(int most, int smallestElement)
    {
        var count = I32();
        if (!failed && count >= 0 && count <= most && (long)count * smallestElement <= rest.Length)
        {
            return count;
        }

        failed = true;
        return 0;
    }

    private bool TryTake(int size, out ReadOnlySpan<byte> taken)
    {
        if (failed || size < 0 || size > rest.Length)
        {
            failed = true;
            taken = default;
            return false;
        }

        taken = rest[..size];
        rest = rest[size..];
        return true;
    }
}
