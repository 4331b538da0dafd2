using System.Globalization;
using System.Text;
using System.Text.Json;
using Quorate.Contracts.Provenance;

namespace Quorate.Protocol.Provenance;

/// <summary>
/// Reads an entry's line by its fixed layout. Anything that the writer would not have written is refused, so two
/// different lines never read as the same entry.
/// </summary>
internal ref struct LedgerEntryLine
{
    private const int TimeLength = 27;
    private const int HashLength = 64;
    private const int MaxDigits = 18;

    private ReadOnlySpan<byte> _rest;

    /// <summary>The line's own number.</summary>
    public long Line { get; private set; }

    public LedgerEntryBytes Entry { get; private set; }

    public static bool IsEntry(ReadOnlySpan<byte> line) => line.StartsWith("{\"at\":"u8);

    public bool TryRead(ReadOnlySpan<byte> line)
    {
        _rest = line;
        DecisionTag? tag = null;
        if (!Take("{\"at\":\""u8) || !TakeTime(out var micros)
            || (Take("\",\"decision_tag\":\""u8) && !TakeTag(out tag))
            || !Take("\",\"hash\":\""u8) || !TakeBytes(HashLength, out var hash)
            || !Take("\",\"kind\":"u8) || !TakeString(out var kind)
            || !Take(",\"line\":"u8) || !TakeInteger(out var number)
            || !Take(",\"payload\":"u8))
        {
            return false;
        }

        // No string can hold these bytes, as its quotes would be escaped: the last ones end the payload.
        var end = _rest.LastIndexOf(",\"prev_hash\":\""u8);
        if (end < 0 || !TakeBytes(end, out var payload)
            || !Take(",\"prev_hash\":\""u8) || !TakeBytes(HashLength, out var prevHash)
            || !Take("\",\"seq\":"u8) || !TakeInteger(out var seq)
            || !Take(",\"subject\":"u8) || !TakeString(out var subject)
            || !Take("}"u8) || !_rest.IsEmpty)
        {
            return false;
        }

        Line = number;
        Entry = new LedgerEntryBytes
        {
            Seq = seq,
            AtMicros = micros,
            Kind = kind,
            Subject = subject,
            DecisionTag = tag,
            Payload = payload,
            PrevHash = prevHash,
            Hash = hash,
        };
        return true;
    }

    private bool Take(ReadOnlySpan<byte> text)
    {
        if (!_rest.StartsWith(text))
        {
            return false;
        }

        _rest = _rest[text.Length..];
        return true;
    }

    private bool TakeBytes(int count, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (_rest.Length < count)
        {
            return false;
        }

        bytes = _rest[..count];
        _rest = _rest[count..];
        return true;
    }

    private bool TakeTime(out long micros)
    {
        micros = 0;
        Span<char> text = stackalloc char[TimeLength];
        if (!TakeBytes(TimeLength, out var bytes) || Encoding.Latin1.GetChars(bytes, text) != TimeLength
            || !DateTimeOffset.TryParseExact(text, LedgerExportLines.TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
        {
            return false;
        }

        micros = LedgerTime.ToMicros(at);
        return true;
    }

    private bool TakeTag(out DecisionTag? tag)
    {
        tag = null;
        var end = _rest.IndexOf((byte)'"');
        return end >= 0 && TakeBytes(end, out var text) && LedgerTags.TryParse(text, out tag);
    }

    private bool TakeInteger(out long value)
    {
        value = 0;
        var digits = _rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (digits is < 1 or > MaxDigits || _rest[0] == (byte)'0')
        {
            return false;
        }

        foreach (var digit in _rest[..digits])
        {
            value = (value * 10) + (digit - '0');
        }

        _rest = _rest[digits..];
        return true;
    }

    private bool TakeString(out ReadOnlySpan<byte> text)
    {
        text = default;
        if (!Take("\""u8))
        {
            return false;
        }

        var stop = _rest.IndexOfAny((byte)'"', (byte)'\\');
        if (stop < 0)
        {
            return false;
        }

        if (_rest[stop] == (byte)'"')
        {
            text = _rest[..stop];
            _rest = _rest[(stop + 1)..];
            return true;
        }

        return TakeEscaped(stop, out text);
    }

    private bool TakeEscaped(int stop, out ReadOnlySpan<byte> text)
    {
        text = default;
        while (stop < _rest.Length && _rest[stop] != (byte)'"')
        {
            stop += _rest[stop] == (byte)'\\' ? 2 : 1;
        }

        if (stop >= _rest.Length)
        {
            return false;
        }

        byte[] token = [(byte)'"', .. _rest[..stop], (byte)'"'];
        _rest = _rest[(stop + 1)..];
        try
        {
            using var value = JsonDocument.Parse(token);
            text = Encoding.UTF8.GetBytes(value.RootElement.GetString()!);
            return CanonicalJson.ToBytes(value.RootElement).AsSpan().SequenceEqual(token);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
