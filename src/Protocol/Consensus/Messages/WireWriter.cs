using System.Buffers.Binary;
using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus;

/// <summary>Writes the canonical form: big-endian integers, length-prefixed bytes, nothing optional.</summary>
internal sealed class WireWriter
{
    private byte[] buffer = new byte[256];
    private int used;

    public ReadOnlySpan<byte> Written => buffer.AsSpan(0, used);

    public void U8(byte value) => Take(1)[0] = value;

    public void I32(int value) => BinaryPrimitives.WriteInt32BigEndian(Take(4), value);

    public void U64(ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Take(8), value);

    public void Hash(Digest value) => value.Write(Take(Digest.Size));

    public void Raw(ReadOnlySpan<byte> value) => value.CopyTo(Take(value.Length));

    public void Bytes(ReadOnlySpan<byte> value)
    {
        I32(value.Length);
        Raw(value);
    }

    public byte[] ToArray() => Written.ToArray();

    private Span<byte> Take(int size)
    {
        if (buffer.Length - used < size)
        {
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, used + size));
        }

        used += size;
        return buffer.AsSpan(used - size, size);
    }
}
