using System.Buffers.Binary;
using System.Numerics;

namespace Quorate.Storage;

/// <summary>
/// What a log writes at once: length of the content (4 bytes), CRC-32C of the content (4), CRC-32C of these eight bytes (4),
/// content. A block is written only after the one before it, so only the last can be torn by a crash.
/// </summary>
internal static class LogBlock
{
    public const int Header = 12;

    /// <summary>Fills in the header, for which the block has left room.</summary>
    public static void Seal(Span<byte> block)
    {
        BinaryPrimitives.WriteInt32LittleEndian(block, block.Length - Header);
        BinaryPrimitives.WriteUInt32LittleEndian(block[4..], Checksum(block[Header..]));
        BinaryPrimitives.WriteUInt32LittleEndian(block[8..], Checksum(block[..8]));
    }

    /// <summary>True for a whole block at that place; size is that of its content.</summary>
    public static bool TryRead(byte[] bytes, int at, out int size)
    {
        size = 0;
        if (bytes.Length - at < Header)
        {
            return false;
        }

        var head = bytes.AsSpan(at, Header);
        size = BinaryPrimitives.ReadInt32LittleEndian(head);
        return BinaryPrimitives.ReadUInt32LittleEndian(head[8..]) == Checksum(head[..8])
            && size > 0 && size <= bytes.Length - at - Header
            && BinaryPrimitives.ReadUInt32LittleEndian(head[4..]) == Checksum(bytes.AsSpan(at + Header, size));
    }

    /// <summary>Where a whole block follows a bad one that begins at <paramref name="from"/>: what lies between was lost after it was durable. Null: the bad one is the last.</summary>
    public static int? FindAfter(byte[] bytes, int from)
    {
        for (var at = from + 1; at <= bytes.Length - Header; at++)
        {
            if (TryRead(bytes, at, out _))
            {
                return at;
            }
        }

        return null;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (var b in bytes)
        {
            sum = BitOperations.Crc32C(sum, b);
        }

        return ~sum;
    }
}
