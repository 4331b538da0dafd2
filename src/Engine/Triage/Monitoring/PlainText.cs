using System.Text;

namespace Quorate.Engine.Triage.Monitoring;

/// <summary>Makes foreign text safe to show: one line, no control characters, bounded length.</summary>
public static class PlainText
{
    private const char Ellipsis = '…';

    /// <param name="text">Anything a program printed.</param>
    /// <param name="maxLength">Characters to keep, 1 or more.</param>
    public static string Line(string text, int maxLength)
    {
        var kept = new StringBuilder(Math.Min(text.Length, maxLength) + 1);
        foreach (var c in text)
        {
            if (kept.Length >= maxLength)
            {
                return kept.Append(Ellipsis).ToString();
            }

            if (!char.IsControl(c))
            {
                kept.Append(c);
            }
            else if (kept.Length > 0 && kept[^1] != ' ')
            {
                kept.Append(' ');
            }
        }

        return kept.ToString().TrimEnd();
    }
}
