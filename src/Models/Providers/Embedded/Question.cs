using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;
using Quorate.Models.Documents;

namespace Quorate.Models.Providers.Embedded;

/// <summary>What a prompt asks, read from its marks.</summary>
/// <param name="Text">Between the lines <c>&lt;question&gt;</c> and <c>&lt;/question&gt;</c>, else the whole last message of the user.</param>
/// <param name="Choices">Letter and text of the lines <c>A) …</c> between <c>&lt;choices&gt;</c> and <c>&lt;/choices&gt;</c>.</param>
/// <param name="WantsYesOrNo">True when the prompt asks for a line <c>ANSWER: yes</c>.</param>
internal sealed partial record Question(string Text, IReadOnlyList<(char Letter, string Text)> Choices, bool WantsYesOrNo)
{
    private const int MaxTerms = 64;
    private const int MaxChoices = 26;

    public static Question Read(IEnumerable<ChatMessage> messages)
    {
        var all = messages.ToList();
        var user = all.LastOrDefault(m => m.Role == ChatRole.User)?.Text.ReplaceLineEndings("\n") ?? "";
        var text = Between(user, "question") ?? user;
        var choices = Between(user, "choices") is { } lines
            ? Choice().Matches(lines).Take(MaxChoices).Select(m => (m.Groups["letter"].Value[0], m.Groups["text"].Value.Trim())).ToList()
            : [];
        return new Question(text.Trim(), choices, choices.Count == 0 && all.Exists(m => YesOrNo().IsMatch(m.Text)));
    }

    /// <summary>Different terms of a question, in their order.</summary>
    public static IReadOnlyList<string> Terms(string question) => [.. Words.Terms(question).Distinct(StringComparer.Ordinal).Take(MaxTerms)];

    private static string? Between(string text, string mark)
    {
        var lines = text.Split('\n');
        var start = Array.FindIndex(lines, l => l.Trim() == $"<{mark}>");
        var end = Array.FindLastIndex(lines, l => l.Trim() == $"</{mark}>");
        return start >= 0 && end > start ? string.Join('\n', lines[(start + 1)..end]) : null;
    }

    [GeneratedRegex(@"^[ \t]*(?<letter>[A-Z])\)[ \t]*(?<text>\S.*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Choice();

    [GeneratedRegex(@"ANSWER:\s*[<\[(`""]?yes", RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1000)]
    private static partial Regex YesOrNo();
}
