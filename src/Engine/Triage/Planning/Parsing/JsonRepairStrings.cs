using System.Buffers;
using System.Globalization;
using System.Text;

namespace Quorate.Engine.Triage.Planning.Parsing;

/// <summary>Copies one string into strict JSON, whatever marks it is written in.</summary>
internal sealed class JsonRepairStrings(string text, StringBuilder output, ISet<string> repairs)
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");
    private const string Escapes = "\"\\/bfnrtu";

    public static bool Opens(char c) => c is '"' or '\'' or '“' or '”' or '‘' or '’';

    /// <summary>Where the string ended and whether it was closed; End -1 when where it ends is not safe to say.</summary>
    public (int End, bool Complete) Copy(int at)
    {
        var open = text[at];
        if (open != '"')
        {
            repairs.Add("replaced other quotation marks");
        }

        output.Append('"');
        for (at++; at < text.Length; at++)
        {
            var c = text[at];
            if (Closes(open, c))
            {
                if (open == '"' || StructureFollows(at + 1))
                {
                    output.Append('"');
                    return (at + 1, true);
                }

                if (open is '“' or '”')
                {
                    return (-1, false);
                }
            }

            at = Append(at, c);
        }

        if (open != '"')
        {
            // Where such a string ends is a guess when its own mark never comes.
            return (-1, false);
        }

        output.Append('"');
        return (at, false);
    }

    private static bool Closes(char open, char c) => open switch
    {
        '“' or '”' => c is '”' or '“' or '"',
        '‘' or '’' => c is '’' or '‘',
        _ => c == open,
    };

    /// <summary>Whether what follows can only follow a string that has ended: an apostrophe inside a word does not pass.</summary>
    private bool StructureFollows(int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }

        return at >= text.Length || text[at] is ',' or ':' or '}' or ']' or '/';
    }

    /// <summary>Appends one character, and the escape that it begins; returns the last position it used.</summary>
    private int Append(int at, char c)
    {
        if (c == '\\')
        {
            return AppendEscape(at);
        }

        if (c < ' ')
        {
            repairs.Add("escaped a control character in a string");
            output.Append(c switch { '\n' => "\\n", '\r' => "\\r", '\t' => "\\t", _ => "\\u" + ((int)c).ToString("x4", CultureInfo.InvariantCulture) });
        }
        else if (c == '"')
        {
            output.Append("\\\"");
        }
        else
        {
            output.Append(c);
        }

        return at;
    }

    private int AppendEscape(int at)
    {
        if (at + 1 >= text.Length)
        {
            return at;
        }

        var next = text[at + 1];
        if (next == '\'')
        {
            output.Append('\'');
            return at + 1;
        }

        if (!Escapes.Contains(next, StringComparison.Ordinal) || (next == 'u' && !FourHexDigits(at + 2)))
        {
            if (next == 'u' && at + 6 > text.Length)
            {
                // Half an escape at the end of a cut text.
                return text.Length - 1;
            }

            // Typical of regular expressions: \d and \s mean a backslash and a letter.
            repairs.Add("doubled a stray backslash");
            output.Append("\\\\");
            return at;
        }

        if (next == 'u' && char.IsSurrogate(CodeAt(at)))
        {
            return AppendSurrogate(at);
        }

        output.Append('\\').Append(next);
        return at + 1;
    }

    /// <summary>A pair stays; half a pair is no character and becomes the replacement character.</summary>
    private int AppendSurrogate(int at)
    {
        var isPair = char.IsHighSurrogate(CodeAt(at)) && at + 7 < text.Length && text[at + 6] == '\\' && text[at + 7] == 'u'
            && FourHexDigits(at + 8) && char.IsLowSurrogate(CodeAt(at + 6));
        output.Append(isPair ? text.AsSpan(at, 12) : "\\ufffd");
        return at + (isPair ? 11 : 5);
    }

    /// <summary>The code unit that the escape at this place stands for.</summary>
    private char CodeAt(int at) => (char)ushort.Parse(text.AsSpan(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private bool FourHexDigits(int at) => at + 4 <= text.Length && text.AsSpan(at, 4).IndexOfAnyExcept(HexDigits) < 0;
}
