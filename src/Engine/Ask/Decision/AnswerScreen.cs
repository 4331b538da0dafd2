using System.Text.RegularExpressions;
using Quorate.Contracts.Asking;

namespace Quorate.Engine.Ask.Decision;

/// <summary>Finds answers that must not be counted: refusals, and texts that try to instruct whoever reads them.</summary>
internal static partial class AnswerScreen
{
    private const int Beginning = 240;
    private const int MaxRead = 20_000;

    /// <summary>Null for an answer that may be counted.</summary>
    /// <param name="text">A member's answer.</param>
    /// <param name="question">Phrases that the question itself holds are no sign of anything.</param>
    public static MemberError? Check(string text, string question)
    {
        var read = text.Length > MaxRead ? text[..MaxRead] : text;
        foreach (Match sign in Injected().Matches(read))
        {
            if (!question.Contains(sign.Value, StringComparison.OrdinalIgnoreCase))
            {
                return new MemberError("injected", $"the answer tries to instruct its reader: \"{sign.Value.Trim()}\"");
            }
        }

        if (Refusal().IsMatch(read.Length > Beginning ? read[..Beginning] : read))
        {
            return new MemberError("refusal", "the member declined to answer");
        }

        return NotFound().IsMatch(read) ? new MemberError(MemberError.NotFound, "the member's documents do not answer the question") : null;
    }

    [GeneratedRegex(
        """
        \b(ignore|disregard|forget|override)\s+(all|any|every|the|your|my|these|those|previous|prior|above|earlier|other)[\w\s]{0,30}\b(instructions?|prompts?|rules|answers?|messages?|members?|directions)\b
        | \byou\s+are\s+now\s+(a|an|the|in)\b
        | \b(reveal|print|repeat|output|show)\s+(me\s+)?(your|the)\s+(system\s+prompt|hidden\s+instructions?|initial\s+instructions?)
        | \bnew\s+(system\s+)?instructions?\s*:
        | <\|?(im_start|im_end|system|endoftext)\|?>
        | \[/?INST\] | <</?SYS>> | </?(data|answers|question|choices)\b[^>]{0,40}>
        | ^[^\S\n]*(system|developer)\s*:\s
        | \b(aggregator|summari[sz]er|judge|reviewer)\b[\w\s,]{0,30}\bmust\s+(rank|choose|select|pick|write|say|output|answer|report|conclude)\b
        """,
        RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace | RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        1000)]
    private static partial Regex Injected();

    [GeneratedRegex(
        """
        ^[\s"'*]*(
          (i[’']?m|i\s+am)\s+(very\s+|really\s+|so\s+)?(sorry|afraid)\b[^.\n]{0,60}\b(can[’']?t|cannot|can\s+not|unable|won[’']?t|not\s+able)
          | (sorry|apologies|unfortunately)\b[^.\n]{0,40}\bi\s+(can[’']?t|cannot|can\s+not|won[’']?t|am\s+(unable|not\s+able))
          | as\s+an?\s+(ai|artificial|large\s+language|language)\b[^.\n]{0,60}\b(can[’']?t|cannot|can\s+not|unable|won[’']?t|not\s+able|don[’']?t\s+have)
          | i\s+(can[’']?t|cannot|can\s+not|won[’']?t|must\s+(decline|refuse)|(have|need)\s+to\s+decline|decline|refuse|am\s+(unable|not\s+able|not\s+comfortable))\b[^.\n]{0,40}\b(help|assist|answer|provide|discuss|comply|do\s+that|fulfil|engage|to\b)
        )
        """,
        RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture,
        1000)]
    private static partial Regex Refusal();

    [GeneratedRegex(@"^\s*(ANSWER:\s*unknown\s+(CONFIDENCE:\s*\S+\s+)?)?not found in \S", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NotFound();
}
