using System.Text;

namespace Quorate.Engine.Ask.Analysis.Sentiment;

/// <summary>A text as VADER reads it: emoji told in words, tokens between white space, punctuation taken off the longer ones.</summary>
internal sealed class VaderText
{
    private static readonly char[] Punctuation = [.. "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"];
    private const int LongestEmoticon = 2;

    public VaderText(string text)
    {
        var plain = TellEmoji(text);
        Exclamations = plain.Count(c => c == '!');
        Questions = plain.Count(c => c == '?');
        Tokens = [.. Split(plain).Select(Strip)];
        Lower = [.. Tokens.Select(t => t.ToLowerInvariant())];
        Shouted = [.. Tokens.Select(IsUpper)];
        var shouted = Shouted.Count(s => s);
        MixesCase = shouted > 0 && shouted < Tokens.Count;
    }

    public IReadOnlyList<string> Tokens { get; }

    public IReadOnlyList<string> Lower { get; }

    /// <summary>For each token, whether it is in capitals.</summary>
    public IReadOnlyList<bool> Shouted { get; }

    /// <summary>True when some tokens are in capitals, but not all: only then capitals emphasise.</summary>
    public bool MixesCase { get; }

    public int Exclamations { get; }

    public int Questions { get; }

    private static string TellEmoji(string text)
    {
        var told = new StringBuilder(text.Length);
        var afterSpace = true;
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.IsAscii)
            {
                told.Append((char)rune.Value);
                afterSpace = rune.Value == ' ';
            }
            else if (VaderLexicon.TryEmoji(rune, out var description))
            {
                told.Append(afterSpace ? "" : " ").Append(description);
                afterSpace = false;
            }
            else
            {
                told.Append(rune.ToString());
                afterSpace = false;
            }
        }

        return told.ToString();
    }

    /// <summary>White space includes the four separator controls U+001C to U+001F, as in the reference's language.</summary>
    private static IEnumerable<string> Split(string text)
    {
        var start = -1;
        for (var i = 0; i <= text.Length; i++)
        {
            var space = i == text.Length || char.IsWhiteSpace(text[i]) || text[i] is >= '\u001c' and <= '\u001f';
            if (space && start >= 0)
            {
                yield return text[start..i];
                start = -1;
            }
            else if (!space && start < 0)
            {
                start = i;
            }
        }
    }

    private static string Strip(string token)
    {
        var bare = token.Trim(Punctuation);
        return bare.Length <= 2 * LongestEmoticon && bare.EnumerateRunes().Count() <= LongestEmoticon ? token : bare;
    }

    private static bool IsUpper(string token)
    {
        var cased = false;
        foreach (var rune in token.EnumerateRunes())
        {
            if (Rune.IsLower(rune) || Rune.GetUnicodeCategory(rune) == System.Globalization.UnicodeCategory.TitlecaseLetter)
            {
                return false;
            }

            cased |= Rune.IsUpper(rune);
        }

        return cased;
    }
}
