using System.Globalization;
using System.Text;

namespace Quorate.Contracts;

/// <summary>Makes foreign text harmless for terminals, files and prompts.</summary>
public static class PlainText
{
    private const char Ellipsis = '…';
    private const char Escape = '\u001b';
    private const char ZeroWidthNonJoiner = '\u200c';
    private const char ZeroWidthJoiner = '\u200d';

    /// <summary>
    /// Terminal escape sequences go, a tab becomes a space, line feeds stay, other control characters, format characters that reorder or
    /// hide text and lone surrogates become U+FFFD; at most <paramref name="longest"/> characters remain.
    /// </summary>
    public static string Clean(string text, int longest = int.MaxValue)
    {
        var clean = new StringBuilder(Math.Min(text.Length, longest));
        for (var i = 0; i < text.Length && clean.Length < longest; i++)
        {
            var c = text[i];
            if (c == Escape)
            {
                i = SkipEscape(text, i);
            }
            else if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                if (clean.Length + 2 > longest)
                {
                    break;
                }

                clean.Append(c).Append(text[++i]);
            }
            else
            {
                clean.Append(Harmless(c));
            }
        }

        return clean.ToString();
    }

    /// <summary>The same on one line, with an ellipsis where it was cut.</summary>
    /// <param name="text">Anything a program printed.</param>
    /// <param name="maxLength">Characters to keep, 1 or more.</param>
    public static string Line(string text, int maxLength)
    {
        // Whatever is cut off here is far behind what is kept: escape sequences and runs of spaces take room that is not counted.
        var clean = Clean((text.Length > maxLength * 8 ? text[..(maxLength * 8)] : text).Replace('\r', '\n'));
        var line = string.Join(' ', clean.Split(['\n', ' '], StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= maxLength ? line : Cut(line, maxLength) + Ellipsis;
    }

    private static string Cut(string line, int length) => line[..(char.IsHighSurrogate(line[length - 1]) ? length - 1 : length)];

    private static char Harmless(char c) => c switch
    {
        '\n' => c,
        '\t' => ' ',
        // Persian and Hindi words and many emoji need the joiners.
        ZeroWidthNonJoiner or ZeroWidthJoiner => c,
        _ when char.IsControl(c) || char.IsSurrogate(c) => '\uFFFD',
        _ when char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => '\uFFFD',
        _ => c,
    };

    /// <summary>Index of the sequence's last character (ECMA-48: CSI ends at @ to ~, OSC at BEL or ESC \).</summary>
    private static int SkipEscape(string text, int start)
    {
        var i = start + 1;
        if (i >= text.Length)
        {
            return start;
        }

        if (text[i] == '[')
        {
            for (i++; i < text.Length && text[i] is >= ' ' and <= '?'; i++)
            {
            }

            return i < text.Length && text[i] is >= '@' and <= '~' ? i : i - 1;
        }

        return text[i] == ']' ? SkipOperatingSystemCommand(text, i) : i;
    }

    private static int SkipOperatingSystemCommand(string text, int i)
    {
        while (++i < text.Length)
        {
            if (text[i] == '\a')
            {
                return i;
            }

            if (text[i] == Escape)
            {
                return i + 1 < text.Length && text[i + 1] == '\\' ? i + 1 : i - 1;
            }
        }

        return text.Length - 1;
    }
}
