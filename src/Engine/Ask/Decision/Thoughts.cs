namespace Quorate.Engine.Ask.Decision;

/// <summary>Reasoning models put their thoughts before the answer; they are no part of it. The record of the call keeps them.</summary>
internal static class Thoughts
{
    private const string Begin = "<think>";
    private const string End = "</think>";

    /// <summary>What follows the last end of thoughts; nothing for thoughts that never end.</summary>
    public static string Remove(string text) =>
        text.LastIndexOf(End, StringComparison.OrdinalIgnoreCase) is var end and >= 0 ? text[(end + End.Length)..].Trim()
        : text.TrimStart().StartsWith(Begin, StringComparison.OrdinalIgnoreCase) ? "" : text.Trim();
}
