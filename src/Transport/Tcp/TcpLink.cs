using System.Buffers.Binary;
using System.Net.Sockets;

namespace Quorate.Transport.Tcp;

/// <summary>Takes what comes over links, in the thread that read it.</summary>
internal interface ILinkReader
{
    /// <summary>Frames follow.</summary>
    void Begin();

    /// <summary>One frame, whose bytes are only good during the call. False closes the link.</summary>
    bool Take(TcpLink link, ReadOnlySpan<byte> frame);

    /// <summary>That was all for now.</summary>
    void End();
}

/// <summary>One authenticated connection. Frames gather while a write is under way, so that one system call carries many.</summary>
internal sealed class TcpLink : IDisposable
{
    private const int ReceiveStart = 8 << 10;

    private readonly Socket socket;
    private readonly int most;
    private readonly RecordCipher sealer;
    private readonly RecordCipher opener;
    private readonly ILinkReader reader;
    private readonly Lock gate = new();
    private SendBuffer gathering;
    private SendBuffer sending;
    private bool isWriting;
    private bool isClosed;
    private byte[] received = new byte[ReceiveStart];
    private int used;

    internal TcpLink(Socket socket, Handshaken handshaken, int most, ILinkReader reader)
    {
        this.socket = socket;
        this.most = most;
        this.reader = reader;
        Peer = handshaken.Peer;
        Transcript = handshaken.Transcript;
        sealer = new RecordCipher(handshaken.SendKey);
        opener = new RecordCipher(handshaken.ReceiveKey);
        (gathering, sending) = (new SendBuffer(most), new SendBuffer(most));
    }

    internal int Peer { get; }

    /// <summary>Hash of the handshake, which no other link has.</summary>
    internal byte[] Transcript { get; }

    internal long BytesSent { get; private set; }

    internal long BytesReceived { get; private set; }

    /// <summary>True when there are frames that <see cref="Flush"/> has not been called for; owned by whoever sends.</summary>
    internal bool IsDirty { get; set; }

    /// <summary>Something was sent or received since the last time somebody looked.</summary>
    internal bool HasSent { get; set; }

    internal bool HasReceived { get; set; }

    /// <summary>Seconds without anything received, counted by the node.</summary>
    internal int SilentRounds { get; set; }

    /// <summary>False when the frame was dropped. It leaves with the next <see cref="Flush"/>.</summary>
    internal bool TrySend(ReadOnlySpan<byte> frame)
    {
        lock (gate)
        {
            return !isClosed && gathering.TryAdd(frame);
        }
    }

    /// <summary>Sends what gathered, unless a write is under way, which then takes it along.</summary>
    internal void Flush()
    {
        lock (gate)
        {
            if (isWriting || isClosed || gathering.IsEmpty)
            {
                return;
            }

            isWriting = true;
        }

        _ = WriteAsync();
    }

    /// <summary>Reads until the link ends, and closes it.</summary>
    internal async Task ReceiveAsync(CancellationToken token)
    {
        try
        {
            while (true)
            {
                var read = await socket.ReceiveAsync(received.AsMemory(used), token);
                if (read == 0)
                {
                    return;
                }

                used += read;
                BytesReceived += read;
                HasReceived = true;
                reader.Begin();
                var isGood = TakeRecords();
                reader.End();
                if (!isGood)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The link is over; whoever dials tries again.
        }
        finally
        {
            Dispose();
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            if (isClosed)
            {
                return;
            }

            isClosed = true;
        }

        socket.Dispose();
    }

    private bool TakeRecords()
    {
        var start = 0;
        while (used - start >= RecordCipher.HeaderSize)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(received.AsSpan(start));
            if (length < 0 || length > most)
            {
                return false;
            }

            var end = start + RecordCipher.HeaderSize + length;
            if (end > used)
            {
                break;
            }

            var record = received.AsSpan(start, RecordCipher.HeaderSize + length);
            if (!opener.TryOpen(record) || !TakeFrames(record[RecordCipher.HeaderSize..]))
            {
                return false;
            }

            start = end;
        }

        MakeRoom(start);
        return true;
    }

    private bool TakeFrames(ReadOnlySpan<byte> text)
    {
        while (text.Length >= 4)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(text);
            if (length < 0 || length > text.Length - 4 || !reader.Take(this, text.Slice(4, length)))
            {
                return false;
            }

            text = text[(4 + length)..];
        }

        return text.IsEmpty;
    }

    // Grows with what has really come, never by what a header merely claims.
    private void MakeRoom(int start)
    {
        var left = used - start;
        var size = left == 0 ? ReceiveStart : left > received.Length / 2 ? received.Length * 2 : received.Length;
        if (size == received.Length || (left == 0 && received.Length <= 64 << 10))
        {
            received.AsSpan(start, left).CopyTo(received);
        }
        else
        {
            var other = new byte[size];
            received.AsSpan(start, left).CopyTo(other);
            received = other;
        }

        used = left;
    }

    private async Task WriteAsync()
    {
        try
        {
            while (true)
            {
                lock (gate)
                {
                    sending.Clear();
                    if (gathering.IsEmpty || isClosed)
                    {
                        isWriting = false;
                        return;
                    }

                    (gathering, sending) = (sending, gathering);
                }

                sealer.Seal(sending.Written.Span);
                var record = sending.Written;
                HasSent = true;
                while (!record.IsEmpty)
                {
                    var sent = await socket.SendAsync(record);
                    BytesSent += sent;
                    record = record[sent..];
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Dispose();
        }
    }
}
