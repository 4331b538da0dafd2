using System.Buffers.Binary;

namespace Quorate.Transport.Tcp;

/// <summary>Frames gathering for one record: room for the record's header, then length and bytes of each.</summary>
internal sealed class SendBuffer(int most)
{
    private const int Start = 4 << 10;
    private const int Kept = 256 << 10;

    private byte[] bytes = new byte[Start];

    internal int Used { get; private set; } = RecordCipher.HeaderSize;

    internal bool IsEmpty => Used == RecordCipher.HeaderSize;

    internal Memory<byte> Written => bytes.AsMemory(0, Used);

    /// <summary>False when there is no room.</summary>
    internal bool TryAdd(ReadOnlySpan<byte> frame)
    {
        var end = Used + 4L + frame.Length;
        if (end > most)
        {
            return false;
        }

        if (end > bytes.Length)
        {
            Array.Resize(ref bytes, (int)Math.Min(most, Math.Max(end, bytes.Length * 2L)));
        }

        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(Used), frame.Length);
        frame.CopyTo(bytes.AsSpan(Used + 4));
        Used = (int)end;
        return true;
    }

    internal void Clear()
    {
        Used = RecordCipher.HeaderSize;
        if (bytes.Length > Kept)
        {
            bytes = new byte[Start];
        }
    }
}
