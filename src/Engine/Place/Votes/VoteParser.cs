using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Engine.Ask.Decision;

namespace Quorate.Engine.Place.Votes;

/// <summary>
/// Reads <c>{"vote":"accept|reject","confidence":0–1,"reasoning":"…"}</c> from answers that keep to it, or nearly: strict JSON,
/// then a fenced block, then an object within other text, then lines of key and value. Votes that contradict each other are none.
/// </summary>
internal static partial class VoteParser
{
    public const int MaxReasoning = 300;

    private const int MaxRead = 20_000;
    private const int MaxObjects = 16;
    private const double Unstated = 0.5;

    private static readonly (string Name, Func<string, IEnumerable<string>> Find)[] Strategies =
    [
        ("strict_json", text => [text.Trim()]),
        ("fenced", text => Fence().Matches(text).Take(MaxObjects).Select(m => m.Groups["body"].Value)),
        ("embedded", Objects),
    ];

    public static VoteReading Read(string answer)
    {
        var text = Thoughts.Remove(answer.Length > MaxRead ? answer[..MaxRead] : answer);
        var tried = new List<string>();
        foreach (var (name, find) in Strategies)
        {
            var read = find(text).Select(FromJson).Where(r => r is not null).ToList();
            if (Agreed(name, read, tried) is { } found)
            {
                return found;
            }

            if (read.Count > 0)
            {
                // A later strategy would only pick one of the answers that contradict each other.
                return None(tried);
            }
        }

        return Agreed("key_value", [FromLines(text)], tried) ?? None(tried);
    }

    private static VoteReading None(IReadOnlyList<string> tried) => new(null, 0, "", null, tried);

    private static VoteReading? Agreed(string strategy, IReadOnlyList<Found?> found, List<string> tried)
    {
        var votes = found.OfType<Found>().SelectMany(f => f.Votes).Select(Vote).Distinct().ToList();
        if (votes is not [{ } vote])
        {
            tried.Add($"{strategy}: {(votes.Count == 0 ? "no vote" : votes.Count > 1 ? "votes that contradict each other" : "neither accept nor reject")}");
            return null;
        }

        var first = found.OfType<Found>().First();
        var confidence = Number(first.Confidence);
        tried.Add(confidence is null ? $"{strategy}: {vote}; no confidence between 0 and 1 is stated" : $"{strategy}: {vote}");
        return new VoteReading(vote, confidence ?? Unstated, PlainText.Line(first.Reasoning, MaxReasoning), strategy, tried);
    }

    private static string? Vote(string text) => text.Trim(' ', '\t', '*', '_', '"', '\'', '`', '.', '!', ',', ';').ToLowerInvariant() switch
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

    private static Found? FromJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = 8 });
            var fields = document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.EnumerateObject().ToList() : [];
            string Of(string name) => fields.LastOrDefault(f => f.NameEquals(name)) is { Value.ValueKind: not JsonValueKind.Undefined } field ? field.Value.ToString() : "";
            var votes = fields.Where(f => f.NameEquals("vote")).Select(f => f.Value.ToString()).ToList();
            return votes.Count == 0 ? null : new Found(votes, Of("confidence"), Of("reasoning"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or a text in it that holds half a surrogate pair.
            return null;
        }
    }

    /// <summary>Texts between braces that balance, outermost first.</summary>
    private static IEnumerable<string> Objects(string text)
    {
        var (depth, start, found) = (0, 0, 0);
        for (var i = 0; i < text.Length && found < MaxObjects; i++)
        {
            if (text[i] == '{' && depth++ == 0)
            {
                start = i;
            }
            else if (text[i] == '}' && depth > 0 && --depth == 0)
            {
                found++;
                yield return text[start..(i + 1)];
            }
        }
    }

    private static Found? FromLines(string text)
    {
        var votes = VoteLine().Matches(text).Select(m => m.Groups["value"].Value).ToList();
        return votes.Count == 0 ? null : new Found(votes, ConfidenceLine().Match(text).Groups["value"].Value, ReasoningLine().Match(text).Groups["value"].Value);
    }

    [GeneratedRegex(@"```[a-zA-Z]*\s*(?<body>\{.*?\})\s*```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Fence();

    [GeneratedRegex(@"(^|[{,;])[ \t*_>#\-""']*vote[*_""']*\s*[:=]\s*[*_""']*(?<value>[A-Za-z]+)", RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VoteLine();

    [GeneratedRegex(@"confidence[*_""']*\s*[:=]\s*[*_""']*(?<value>[-+]?[0-9.]+(e[-+]?[0-9]+)?[ \t]*%?)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ConfidenceLine();

    [GeneratedRegex(@"reasoning[*_""']*\s*[:=]\s*(?<value>[^\r\n]{1,1000})", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ReasoningLine();

    private sealed record Found(IReadOnlyList<string> Votes, string Confidence, string Reasoning);
}
