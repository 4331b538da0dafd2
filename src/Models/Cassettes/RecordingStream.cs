namespace Quorate.Models.Cassettes;

/// <summary>Passes a body on as it comes and writes the recording at its end, or where the connection broke; an abandoned body leaves none.</summary>
internal sealed class RecordingStream(Stream body, CassetteFile head, string path) : ReadOnlyStream
{
    private const long MaxBytes = 64L << 20;
    private readonly MemoryStream _copy = new();
    private bool _written;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read;
        try
        {
            read = await body.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException)
        {
            Write(head with { Cut = true });
            throw;
        }

        _copy.Write(buffer.Span[..read]);
        if (read == 0)
        {
            Write(head);
        }

        return _copy.Length <= MaxBytes ? read : throw new IOException("the answer is too long to be recorded");
    }

    protected override void Dispose(bool disposing)
    {
        // Readers stop at the stream's end mark: what the server sent up to there is the whole answer.
        if (disposing && _copy.TryGetBuffer(out var bytes) && bytes.AsSpan().TrimEnd(" \r\n"u8).EndsWith("[DONE]"u8))
        {
            Write(head);
        }

        if (disposing)
        {
            body.Dispose();
            _copy.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Write(CassetteFile whole)
    {
        if (!_written)
        {
            _written = true;
            CassetteFile.Write(path, whole, _copy.GetBuffer().AsSpan(0, (int)_copy.Length));
        }
    }
}

/// <summary>A recorded body whose end is a broken connection.</summary>
internal sealed class CutStream(ReadOnlyMemory<byte> body) : ReadOnlyStream
{
    private int _position;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = Math.Min(buffer.Length, body.Length - _position);
        if (count == 0)
        {
            throw new IOException("the recorded connection broke here");
        }

        body.Span.Slice(_position, count).CopyTo(buffer.Span);
        _position += count;
        return ValueTask.FromResult(count);
    }
}

/// <summary>What such bodies have in common: they are read forwards, asynchronously.</summary>
internal abstract class ReadOnlyStream : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public abstract override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
