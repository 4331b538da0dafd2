using System.Buffers;

namespace Quorate.Models.Providers;

/// <summary>Lines of a server-sent event stream (WHATWG HTML section 9.2), from a pooled buffer. Not thread-safe.</summary>
internal sealed class SseReader(Stream stream) : IDisposable
{
    private const int FirstSize = 16 * 1_024;

    /// <summary>An event longer than this ends the stream as malformed.</summary>
    private const int MaxLineBytes = 256 * 1_024;

    /// <summary>So does a stream longer than this.</summary>
    private const long MaxStreamBytes = 64L << 20;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstSize);
    private int _start;
    private int _end;
    private int _searched;
    private long _total;

    /// <summary>Valid until the next read.</summary>
    public ReadOnlyMemory<byte> Line { get; private set; }

    /// <summary>The stream ended in the middle of the line.</summary>
    public bool Partial { get; private set; }

    /// <summary>What has been read and not taken yet.</summary>
    public ReadOnlyMemory<byte> Buffered => _buffer.AsMemory(_start, _end - _start);

    /// <summary>False at the end of the stream.</summary>
    public ValueTask<bool> ReadAsync(CancellationToken cancellationToken) => TakeLine() ? ValueTask.FromResult(true) : ReadMoreAsync(cancellationToken);

    /// <summary>Reads once; false at the end of the stream.</summary>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        MakeRoom();
        var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += read;
        _total += read;
        return _total <= MaxStreamBytes ? read > 0 : throw new ModelException(ModelFailure.Malformed, $"the stream is longer than {MaxStreamBytes} bytes") { Status = 200 };
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private async ValueTask<bool> ReadMoreAsync(CancellationToken cancellationToken)
    {
        while (await FillAsync(cancellationToken))
        {
            if (TakeLine())
            {
                return true;
            }
        }

        Line = Buffered;
        Partial = true;
        _start = _end;
        return Line.Length > 0;
    }

    private bool TakeLine()
    {
        var feed = _buffer.AsSpan(_searched, _end - _searched).IndexOf((byte)'\n');
        if (feed < 0)
        {
            _searched = _end;
            return false;
        }

        var end = _searched + feed;
        Line = _buffer.AsMemory(_start, (end > _start && _buffer[end - 1] == '\r' ? end - 1 : end) - _start);
        _start = _searched = end + 1;
        return true;
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _searched -= _start;
            _start = 0;
        }

        if (_end < _buffer.Length)
        {
            return;
        }

        if (_buffer.Length >= MaxLineBytes)
        {
            throw new ModelException(ModelFailure.Malformed, $"an event of the stream is longer than {MaxLineBytes} bytes") { Status = 200 };
        }

        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        _buffer.AsSpan(0, _end).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
