namespace Quorate.Models.Documents;

/// <summary>Splits text into sentences.</summary>
public static class Sentences
{
    private static readonly string[] Abbreviations = ["e.g.", "i.e.", "etc.", "vs.", "cf.", "dr.", "mr.", "mrs.", "ms.", "prof.", "fig.", "approx."];

    /// <summary>
    /// A sentence ends at a line's end, and at <c>. ! ? …</c> (with closing quotes or brackets) before white space, unless a full stop
    /// ends an abbreviation or initial.
    /// </summary>
    public static IEnumerable<string> Of(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            var start = 0;
            for (var i = 0; i < line.Length; i++)
            {
                if (line[i] is not ('.' or '!' or '?' or '…' or '。' or '！' or '？'))
                {
                    continue;
                }

                var end = i + 1;
                while (end < line.Length && line[end] is ('.' or '!' or '?' or '"' or '\'' or '”' or '’' or ')' or ']' or '*'))
                {
                    end++;
                }

                if (Ends(line, start, i, end))
                {
                    if (line[start..end].Trim() is { Length: > 0 } sentence)
                    {
                        yield return sentence;
                    }

                    start = end;
                }

                i = end - 1;
            }

            if (line[start..].Trim() is { Length: > 0 } rest)
            {
                yield return rest;
            }
        }
    }

    private static bool Ends(string line, int start, int stop, int end)
    {
        if (end >= line.Length || line[stop] is '。' or '！' or '？')
        {
            return true;
        }

        return char.IsWhiteSpace(line[end]) && !(line[stop] == '.' && Abbreviates(line.AsSpan(start, stop + 1 - start)));
    }

    private static bool Abbreviates(ReadOnlySpan<char> text)
    {
        foreach (var abbreviation in Abbreviations)
        {
            if (text.EndsWith(abbreviation, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        // An initial, the end of "U.S.", or a list's number.
        return text.Length == 2 || (char.IsAsciiLetterUpper(text[^2]) && text[^3] is (' ' or '.')) || (text.Length <= 3 && char.IsAsciiDigit(text[0]));
    }
}
