using System.Globalization;
using System.Text;

namespace Quorate.Engine.Triage.Planning.Rules;

/// <summary>What a person wrote, as words to look for: lower case, no accents, whole words.</summary>
public sealed class IncidentWords
{
    /// <summary>Characters that are looked at.</summary>
    private const int MaxLength = 16_384;

    private static readonly (char Plain, string Accented)[] Accents =
    [
        ('a', "àáâãäåāăą"), ('c', "çćĉċč"), ('d', "ďđ"), ('e', "èéêëēĕėęě"), ('g', "ĝğġģ"), ('h', "ĥħ"), ('i', "ìíîïĩīĭįı"), ('j', "ĵ"),
        ('k', "ķ"), ('l', "ĺļľŀł"), ('n', "ñńņň"), ('o', "òóôõöøōŏő"), ('r', "ŕŗř"), ('s', "śŝşšș"), ('t', "ţťŧț"), ('u', "ùúûüũūŭůűų"),
        ('w', "ŵ"), ('y', "ýÿŷ"), ('z', "źżž"), ('и', "й"), ('е', "ё"),
    ];

    private readonly string _text;

    public IncidentWords(string text) => _text = " " + Fold(text.Length > MaxLength ? text[..MaxLength] : text) + " ";

    /// <summary>
    /// Whether the folded phrase is there: as whole words, as the beginning of a word when it ends with <c>*</c>, and
    /// anywhere when it is in a script that writes no spaces.
    /// </summary>
    public bool Has(string phrase) =>
        phrase.Any(IsIdeographic) ? _text.Contains(phrase, StringComparison.Ordinal)
        : phrase.EndsWith('*') ? _text.Contains(" " + phrase[..^1], StringComparison.Ordinal)
        : _text.Contains(" " + phrase + " ", StringComparison.Ordinal);

    /// <summary>Lower case, without accents, everything but letters and digits one space. A last asterisk is kept.</summary>
    public static string Fold(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (var raw in text)
        {
            var c = Base(char.ToLowerInvariant(raw));
            if (CharUnicodeInfo.GetUnicodeCategory(c) == UnicodeCategory.NonSpacingMark)
            {
                continue;
            }

            if (char.IsLetterOrDigit(c))
            {
                folded.Append(c == 'ß' ? "ss" : c.ToString());
            }
            else if (folded.Length > 0 && folded[^1] != ' ')
            {
                folded.Append(' ');
            }
        }

        return folded.ToString().TrimEnd() + (text.EndsWith('*') ? "*" : "");
    }

    /// <summary>
    /// The letter without its accent. A table, because the process runs without culture data, where normalisation
    /// leaves letters as they are.
    /// </summary>
    private static char Base(char c)
    {
        if (c < 'à')
        {
            return c;
        }

        foreach (var (plain, accented) in Accents)
        {
            if (accented.Contains(c, StringComparison.Ordinal))
            {
                return plain;
            }
        }

        return c;
    }

    private static bool IsIdeographic(char c) => c is >= '\u3040' and <= '\u9fff' or >= '\uac00' and <= '\ud7a3' or >= '\u0e00' and <= '\u0e7f';
}
