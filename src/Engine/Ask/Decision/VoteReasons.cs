using System.Text.RegularExpressions;

namespace Quorate.Engine.Ask.Decision;

/// <summary>An answer's reasons without the lines that hold the vote.</summary>
internal static partial class VoteReasons
{
    private const int Longest = 1_200;

    public static string Of(string text)
    {
        var reasons = string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Where(l => !Form().IsMatch(l))).Trim();
        return reasons.Length <= Longest ? reasons : reasons[..(char.IsHighSurrogate(reasons[Longest - 1]) ? Longest - 1 : Longest)] + "…";
    }

    [GeneratedRegex(@"^[\s*_#>]*(final\s+)?(answer|confidence)[*_]*\s*[:=]", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Form();
}
