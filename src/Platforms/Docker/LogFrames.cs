using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Quorate.Platforms.Docker;

/// <summary>One line as printed, with the Engine's own time stamp; null when it had none.</summary>
internal sealed record RawLogLine(DateTimeOffset? At, string Text);

/// <summary>
/// Takes the Engine's log stream apart: without a terminal each write is a frame (stream type, three zero bytes,
/// big-endian length, payload; API "Attach to a container, stream format"), with one it is plain text.
/// Feed it any pieces, then call <see cref="Finish"/>. Keeps the newest <see cref="MaxKeptBytes"/>.
/// </summary>
internal sealed class LogFrames(bool terminal)
{
    public const int MaxKeptBytes = 4 * 1024 * 1024;
    public const int MaxLineBytes = 64 * 1024;
    private const int HeaderBytes = 8;
    private const int StreamTypes = 4;

    private readonly byte[] _header = new byte[HeaderBytes];
    private readonly PendingLine[] _pending = [.. Enumerable.Range(0, StreamTypes).Select(_ => new PendingLine())];
    private readonly Queue<(RawLogLine Line, int Bytes)> _lines = new();
    private int _headerFill;
    private uint _left;
    private bool _newFrame;
    private long _kept;

    /// <summary>Set when bytes are not frames; everything after them is ignored.</summary>
    public bool Malformed { get; private set; }

    public void Append(ReadOnlySpan<byte> piece)
    {
        if (terminal)
        {
            Take(_pending[0], piece, newWrite: false);
            return;
        }

        while (!piece.IsEmpty && !Malformed)
        {
            piece = _left > 0 ? TakePayload(piece) : TakeHeader(piece);
        }
    }

    /// <summary>The lines, oldest first; a last line without its end counts.</summary>
    public IReadOnlyList<RawLogLine> Finish()
    {
        foreach (var pending in _pending.Where(p => p.Fill > 0))
        {
            End(pending);
        }

        return [.. _lines.Select(l => l.Line)];
    }

    private ReadOnlySpan<byte> TakeHeader(ReadOnlySpan<byte> piece)
    {
        var count = Math.Min(HeaderBytes - _headerFill, piece.Length);
        piece[..count].CopyTo(_header.AsSpan(_headerFill));
        _headerFill += count;
        if (_headerFill == HeaderBytes)
        {
            _headerFill = 0;
            _left = BinaryPrimitives.ReadUInt32BigEndian(_header.AsSpan(4));
            _newFrame = true;
            Malformed = _header[0] >= StreamTypes || _header[1] != 0 || _header[2] != 0 || _header[3] != 0;
        }

        return piece[count..];
    }

    private ReadOnlySpan<byte> TakePayload(ReadOnlySpan<byte> piece)
    {
        var count = (int)Math.Min(_left, (uint)piece.Length);
        Take(_pending[_header[0]], piece[..count], _newFrame);
        _newFrame = false;
        _left -= (uint)count;
        return piece[count..];
    }

    private void Take(PendingLine pending, ReadOnlySpan<byte> text, bool newWrite)
    {
        if (newWrite && pending.Fill > 0)
        {
            // The engine splits long lines and stamps every part; only the first stamp belongs to the line.
            pending.StripStamp = true;
        }

        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)'\n');
            pending.Add(end < 0 ? text : text[..end]);
            if (end < 0)
            {
                return;
            }

            End(pending);
            text = text[(end + 1)..];
        }
    }

    private void End(PendingLine pending)
    {
        var (line, bytes) = pending.Take();
        _lines.Enqueue((line, bytes));
        _kept += bytes;
        while (_kept > MaxKeptBytes)
        {
            _kept -= _lines.Dequeue().Bytes;
        }
    }

    /// <summary>A line under way in one stream.</summary>
    private sealed class PendingLine
    {
        private readonly ArrayBufferWriter<byte> _text = new();
        private readonly ArrayBufferWriter<byte> _stamp = new();

        public int Fill => _text.WrittenCount + _stamp.WrittenCount;

        /// <summary>What comes next up to the first space is a stamp to leave out.</summary>
        public bool StripStamp { get; set; }

        public void Add(ReadOnlySpan<byte> text)
        {
            if (StripStamp)
            {
                text = Strip(text);
            }

            var room = Math.Max(0, MaxLineBytes - _text.WrittenCount);
            _text.Write(text.Length > room ? text[..room] : text);
        }

        public (RawLogLine Line, int Bytes) Take()
        {
            // A stamp that never ended was text after all.
            _text.Write(_stamp.WrittenSpan);
            var bytes = _text.WrittenCount;
            var line = Parse(Encoding.UTF8.GetString(_text.WrittenSpan).TrimEnd('\r'));
            _text.ResetWrittenCount();
            _stamp.ResetWrittenCount();
            StripStamp = false;
            return (line, bytes + HeaderBytes);
        }

        private ReadOnlySpan<byte> Strip(ReadOnlySpan<byte> text)
        {
            const int longestStamp = 40;
            var space = text.IndexOf((byte)' ');
            _stamp.Write(space < 0 ? text : text[..space]);
            if (space < 0 && _stamp.WrittenCount <= longestStamp)
            {
                return [];
            }

            StripStamp = false;
            var stamp = _stamp.WrittenSpan.ToArray();
            _stamp.ResetWrittenCount();
            if (ParseStamp(Encoding.UTF8.GetString(stamp)) is null)
            {
                _text.Write(stamp);
                return space < 0 ? [] : text[space..];
            }

            return text[(space + 1)..];
        }
    }

    private static RawLogLine Parse(string text)
    {
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        var at = ParseStamp(space < 0 ? text : text[..space]);
        return at is null ? new(null, text) : new(at, space < 0 ? "" : text[(space + 1)..]);
    }

    private static DateTimeOffset? ParseStamp(string text) =>
        text.Length is >= 20 and <= 40 && char.IsAsciiDigit(text[0]) && text[10] == 'T'
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;
}
