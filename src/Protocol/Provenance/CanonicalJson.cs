using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Quorate.Protocol.Provenance;

/// <summary>
/// One byte sequence for one JSON value, so that it can be signed and hashed: the JSON Canonicalization Scheme
/// (RFC 8785). Members are sorted by UTF-16 code units, strings are escaped as little as possible, and numbers are
/// IEEE 754 doubles written as ECMAScript writes them: an integer beyond 2^53 is rounded, so write it as a string.
/// </summary>
public static class CanonicalJson
{
    /// <summary>Deepest nesting that is written; deeper values are refused.</summary>
    public const int MaxDepth = 128;

    private const long MaxExactInteger = 1L << 53;

    /// <exception cref="JsonException">A duplicate member name, a number beyond a double, or too deep a nesting.</exception>
    public static byte[] ToBytes(JsonElement value)
    {
        var output = new ArrayBufferWriter<byte>(256);
        Write(output, value);
        return output.WrittenSpan.ToArray();
    }

    /// <inheritdoc cref="ToBytes"/>
    public static string ToText(JsonElement value)
    {
        var output = new ArrayBufferWriter<byte>(256);
        Write(output, value);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <inheritdoc cref="ToBytes"/>
    public static void Write(IBufferWriter<byte> output, JsonElement value) => Write(output, value, depth: 0);

    /// <summary>A quoted string. A lone surrogate, which UTF-8 cannot hold, becomes U+FFFD.</summary>
    public static void WriteString(IBufferWriter<byte> output, ReadOnlySpan<char> text)
    {
        // Two bytes for the quotes and at most six for each UTF-16 unit (a control character as \u00xx).
        var buffer = output.GetSpan(2 + (6 * text.Length));
        var used = 0;
        buffer[used++] = (byte)'"';
        while (!text.IsEmpty)
        {
            var plain = text.IndexOfAny(Escaped);
            var run = plain < 0 ? text : text[..plain];
            used += Encoding.UTF8.GetBytes(run, buffer[used..]);
            if (plain < 0)
            {
                break;
            }

            used += Escape(text[plain], buffer[used..]);
            text = text[(plain + 1)..];
        }

        buffer[used++] = (byte)'"';
        output.Advance(used);
    }

    private static readonly SearchValues<char> Escaped = SearchValues.Create(
        string.Concat(Enumerable.Range(0, 0x20).Select(c => (char)c)) + "\"\\");

    private static int Escape(char c, Span<byte> buffer)
    {
        buffer[0] = (byte)'\\';
        var letter = c switch { '\b' => 'b', '\t' => 't', '\n' => 'n', '\f' => 'f', '\r' => 'r', '"' => '"', '\\' => '\\', _ => 'u' };
        buffer[1] = (byte)letter;
        if (letter != 'u')
        {
            return 2;
        }

        "00"u8.CopyTo(buffer[2..]);
        buffer[4] = (byte)"0123456789abcdef"[c >> 4];
        buffer[5] = (byte)"0123456789abcdef"[c & 15];
        return 6;
    }

    private static void Write(IBufferWriter<byte> output, JsonElement value, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new JsonException($"the value is nested more than {MaxDepth} deep");
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Object: WriteObject(output, value, depth); break;
            case JsonValueKind.Array: WriteArray(output, value, depth); break;
            case JsonValueKind.String: WriteString(output, TextOf(value)); break;
            case JsonValueKind.Number: WriteNumber(output, value); break;
            case JsonValueKind.True: output.Write("true"u8); break;
            case JsonValueKind.False: output.Write("false"u8); break;
            case JsonValueKind.Null: output.Write("null"u8); break;
            default: throw new JsonException("the value is undefined");
        }
    }

    private static void WriteObject(IBufferWriter<byte> output, JsonElement value, int depth)
    {
        var count = value.GetPropertyCount();
        var members = new (string Name, JsonElement Value)[count];
        var next = 0;
        foreach (var member in value.EnumerateObject())
        {
            members[next++] = (member.Name, member.Value);
        }

        Array.Sort(members, static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        output.Write("{"u8);
        for (var i = 0; i < count; i++)
        {
            if (i > 0)
            {
                output.Write(","u8);
                if (string.Equals(members[i].Name, members[i - 1].Name, StringComparison.Ordinal))
                {
                    throw new JsonException($"the member \"{members[i].Name}\" occurs twice");
                }
            }

            WriteString(output, members[i].Name);
            output.Write(":"u8);
            Write(output, members[i].Value, depth + 1);
        }

        output.Write("}"u8);
    }

    private static void WriteArray(IBufferWriter<byte> output, JsonElement value, int depth)
    {
        output.Write("["u8);
        var first = true;
        foreach (var item in value.EnumerateArray())
        {
            if (!first)
            {
                output.Write(","u8);
            }

            first = false;
            Write(output, item, depth + 1);
        }

        output.Write("]"u8);
    }

    private static string TextOf(JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException("a string holds an escaped lone surrogate", e);
        }
    }

    private static void WriteNumber(IBufferWriter<byte> output, JsonElement value)
    {
        if (value.TryGetInt64(out var whole) && whole is > -MaxExactInteger and < MaxExactInteger)
        {
            WriteInteger(output, whole);
            return;
        }

        if (!value.TryGetDouble(out var number) || !double.IsFinite(number))
        {
            throw new JsonException($"the number {value.GetRawText()} is beyond a double");
        }

        var buffer = output.GetSpan(CanonicalNumber.MaxLength);
        output.Advance(CanonicalNumber.Format(number, buffer));
    }

    internal static void WriteInteger(IBufferWriter<byte> output, long whole)
    {
        Utf8Formatter.TryFormat(whole, output.GetSpan(20), out var length);
        output.Advance(length);
    }
}
