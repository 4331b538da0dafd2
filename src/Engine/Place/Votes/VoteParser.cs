using System.Globalization;
using System.Text.RegularExpressions;
using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Engine.Ask.Decision;

namespace Quorate.Engine.Place.Votes;

/// <summary>
/// Reads <c>{"vote":"accept|reject","confidence":0–1,"reasoning":"…"}</c> from answers that keep to it, or nearly: strict JSON,
/// then a fenced block, then an object within other text, then lines of key and value. It never guesses: votes that contradict
/// each other, wherever they stand, are none, and neither is more than the two words.
/// </summary>
internal static partial class VoteParser
{
    public const int MaxReasoning = 300;

    private const int MaxRead = 20_000;
    private const double Unstated = 0.5;

    private static readonly (string Name, Func<string, IEnumerable<Found>> Find)[] Strategies =
    [
        ("strict_json", text => VoteObjects.Read(text, strict: true) is { } found ? [found] : []),
        ("fenced", VoteObjects.Fenced),
        ("embedded", VoteObjects.Embedded),
        ("key_value", FromLines),
    ];

    public static VoteReading Read(string answer)
    {
        var text = Thoughts.Remove(answer);
        if (text.Length > MaxRead)
        {
            return None([string.Create(CultureInfo.InvariantCulture, $"not read: {text.Length} characters, more than {MaxRead}")]);
        }

        var tried = new List<string>();
        for (var i = 0; i < Strategies.Length; i++)
        {
            var (name, find) = Strategies[i];
            var found = find(text).ToList();
            var votes = found.SelectMany(f => f.Votes).Select(Vote).Distinct().ToList();
            if (votes.Count == 0)
            {
                tried.Add($"{name}: no vote");
            }
            else if (votes is not [{ } vote])
            {
                // A later strategy would only pick one of the answers that contradict each other.
                tried.Add($"{name}: {(votes.Count > 1 ? "votes that contradict each other" : "neither accept nor reject")}");
                return None(tried);
            }
            else if (i > 0 && Strategies[(i + 1)..].FirstOrDefault(s => s.Find(text).SelectMany(f => f.Votes).Select(Vote).Any(v => v is not null && v != vote)) is { Name: { } other })
            {
                tried.Add($"{name}: {vote}, which {other} contradicts");
                return None(tried);
            }
            else
            {
                return Reading(name, vote, found[0], tried);
            }
        }

        return None(tried);
    }

    private static VoteReading None(IReadOnlyList<string> tried) => new(null, 0, "", null, tried);

    private static VoteReading Reading(string strategy, string vote, Found found, List<string> tried)
    {
        var confidence = Number(found.Confidence.Trim());
        tried.Add(confidence is null ? $"{strategy}: {vote}; no confidence between 0 and 1 is stated" : $"{strategy}: {vote}");
        return new VoteReading(vote, confidence ?? Unstated, PlainText.Line(found.Reasoning, MaxReasoning), strategy, tried);
    }

    private static string? Vote(string text) => text.Trim(' ', '\t', '\r', '\n', '*', '_', '"', '\'', '`', '.', '!', ',', ';').ToLowerInvariant() switch
    {
        "accept" or "accepted" => AgentVote.Accept,
        "reject" or "rejected" => AgentVote.Reject,
        _ => null,
    };

    private static double? Number(string text)
    {
        var percent = text.EndsWith('%');
        return double.TryParse(text.TrimEnd('%', ' '), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            && (percent ? value / 100 : value) is >= 0 and <= 1 and var share ? Math.Round(share, 4) : null;
    }

    private static IEnumerable<Found> FromLines(string text)
    {
        var votes = VoteLine().Matches(text).Select(m => ValueOf(m.Groups["rest"].Value)).ToList();
        return votes.Count == 0 ? [] : [new Found(votes, Found.Only(ConfidenceLine().Matches(text).Select(m => m.Groups["value"].Value)), ReasoningLine().Match(text).Groups["value"].Value.Trim(' ', '"', '\'', '*', '_', '}'))];
    }

    /// <summary>What a line says up to its next key; nothing when a quotation in it has no end.</summary>
    private static string ValueOf(string rest)
    {
        var value = NextKey().Match(rest) is { Success: true } next ? rest[..next.Index] : rest;
        return value.Count(c => c == '"') % 2 == 0 && value.Count(c => c == '\'') % 2 == 0 ? value : "";
    }

    // At the start of a line or object, or behind a number that says how sure the vote is: within a sentence it is none.
    [GeneratedRegex(@"(^[ \t*_>#\-""'{]*(confidence[*_""']*[ \t]*[:=][ \t*_""']*[0-9.]+[ \t]*%?[*_""']*[ \t]*[,;.][ \t*_""']*)?|\{[ \t\r\n]*[""']?)vote[*_""']*\s*[:=]\s*(?=(?<rest>[^\r\n]{0,200}))", RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VoteLine();

    // The last alternative is a name that the answer's end has cut.
    [GeneratedRegex(@"[ \t,;.(][ \t,*_""'(]*\b(confidence|reasoning)\b|[ \t]*\}|[ \t]*,[ \t]*[""']([a-z_ ]*[""'][ \t]*:|[a-z_]*$)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NextKey();

    [GeneratedRegex(@"confidence[*_""']*[ \t]*[:=][ \t*_""']*(?<value>[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[-+]?[0-9]+)?[ \t]*%?)(?=[*_""')]*[ \t]*(\r?$|[,;}]|\.(\s|$)))", RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ConfidenceLine();

    [GeneratedRegex(@"reasoning[*_""']*\s*[:=]\s*(?<value>[^\r\n]{1,1000})", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ReasoningLine();
}
