using System.Globalization;

namespace Quorate.Protocol.Provenance;

/// <summary>Writes a double as ECMAScript's Number::toString does (ECMA-262, section 6.1.6.1.20), from .NET's shortest digits.</summary>
internal static class CanonicalNumber
{
    /// <summary>Bytes that any finite double fits into.</summary>
    public const int MaxLength = 32;

    /// <summary>Returns the bytes written. <paramref name="number"/> must be finite.</summary>
    public static int Format(double number, Span<byte> output)
    {
        if (number == 0)
        {
            output[0] = (byte)'0';
            return 1;
        }

        Span<byte> text = stackalloc byte[MaxLength];
        number.TryFormat(text, out var length, "R", CultureInfo.InvariantCulture);
        Span<byte> digits = stackalloc byte[MaxLength];
        var (count, point) = Digits(text[..length], digits);
        var used = 0;
        if (number < 0)
        {
            output[used++] = (byte)'-';
        }

        return used + Layout(digits[..count], point, output[used..]);
    }

    /// <summary>The significant digits, and how many of them (or zeros after them) stand before the decimal point.</summary>
    private static (int Count, int Point) Digits(ReadOnlySpan<byte> text, Span<byte> digits)
    {
        int count = 0, point = 0, exponent = 0;
        var seenPoint = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == (byte)'E')
            {
                exponent = int.Parse(text[(i + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
                break;
            }

            if (c == (byte)'.')
            {
                seenPoint = true;
            }
            else if (c != (byte)'-')
            {
                point += seenPoint ? 0 : 1;
                digits[count++] = c;
            }
        }

        var leading = digits[..count].IndexOfAnyExcept((byte)'0');
        digits[leading..count].CopyTo(digits);
        count = digits[..(count - leading)].LastIndexOfAnyExcept((byte)'0') + 1;
        return (count, point - leading + exponent);
    }

    private static int Layout(ReadOnlySpan<byte> digits, int point, Span<byte> output)
    {
        var k = digits.Length;
        if (point is <= -6 or > 21)
        {
            return Exponential(digits, point - 1, output);
        }

        if (point <= 0)
        {
            "0."u8.CopyTo(output);
            output.Slice(2, -point).Fill((byte)'0');
            digits.CopyTo(output[(2 - point)..]);
            return 2 - point + k;
        }

        if (k <= point)
        {
            digits.CopyTo(output);
            output[k..point].Fill((byte)'0');
            return point;
        }

        digits[..point].CopyTo(output);
        output[point] = (byte)'.';
        digits[point..].CopyTo(output[(point + 1)..]);
        return k + 1;
    }

    private static int Exponential(ReadOnlySpan<byte> digits, int exponent, Span<byte> output)
    {
        var used = 0;
        output[used++] = digits[0];
        if (digits.Length > 1)
        {
            output[used++] = (byte)'.';
            digits[1..].CopyTo(output[used..]);
            used += digits.Length - 1;
        }

        output[used++] = (byte)'e';
        output[used++] = (byte)(exponent < 0 ? '-' : '+');
        Math.Abs(exponent).TryFormat(output[used..], out var length, provider: CultureInfo.InvariantCulture);
        return used + length;
    }
}
