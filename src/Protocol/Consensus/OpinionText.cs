using System.Text;

namespace Quorate.Protocol.Consensus;

/// <summary>Free text made comparable: two models that say the same in other spacing, case or punctuation agree.</summary>
public static class OpinionText
{
    /// <summary>
    /// Lower case, white space collapsed, surrounding quotes and closing punctuation removed. UTF-8, the form in
    /// which an opinion's value is signed and tallied.
    /// </summary>
    public static byte[] Canonical(string text)
    {
        var canonical = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (!char.IsWhiteSpace(c))
            {
                canonical.Append(char.ToLowerInvariant(c));
            }
            else if (canonical.Length > 0 && canonical[^1] != ' ')
            {
                canonical.Append(' ');
            }
        }

        return Encoding.UTF8.GetBytes(canonical.ToString().Trim(' ', '"', '\'', '`', '.', '!'));
    }
}
