using System.Globalization;
using System.Text.RegularExpressions;

namespace Quorate.Engine.Ask.Decision;

/// <summary>A vote as read from an answer. Option null: the answer holds none. Confidence: 0–1, null when none was stated or it is no such number.</summary>
/// <param name="Option">One of the options.</param>
/// <param name="Confidence">As stated.</param>
/// <param name="Source">form, json or text: which way of reading found it.</param>
internal sealed record VoteRead(string? Option, double? Confidence, string Source);

/// <summary>Reads votes from answers of models that keep to the form, or nearly.</summary>
internal static partial class VoteReader
{
    private const int MaxRead = 20_000;

    /// <summary>The form first, then a JSON object, then how the text begins; never guesses from words in the middle.</summary>
    /// <param name="text">An answer.</param>
    /// <param name="options">What may be voted for.</param>
    /// <param name="choices">The options in words, in the same order; empty where they have none. "ANSWER: a lease" means that choice, not A.</param>
    public static VoteRead Read(string text, IReadOnlyList<string> options, IReadOnlyList<string>? choices = null)
    {
        var read = Thoughts.Remove(text.Length > MaxRead ? text[..MaxRead] : text);
        var confidence = Confidence().Match(read) is { Success: true } stated ? Number(stated.Groups["value"].Value, stated.Groups["percent"].Success) : null;
        var form = Answer().Matches(read);
        if (form.Count > 0)
        {
            // Two answers that contradict each other are none.
            var given = form.Select(m => InWords(m.Groups["value"].Value, options, choices) ?? Option(m.Groups["value"].Value, options)).Distinct().ToList();
            return new VoteRead(given.Count == 1 ? given[0] : null, confidence, "form");
        }

        return FromJson(read, options, choices) ?? new VoteRead(Option(Begin().Match(read).Groups["word"].Value, options), confidence, "text");
    }

    private static VoteRead? FromJson(string text, IReadOnlyList<string> options, IReadOnlyList<string>? choices) => JsonAnswer.Read(text, root =>
    {
        if (!root.TryGetProperty("answer", out var answer) && !root.TryGetProperty("vote", out answer))
        {
            return null;
        }

        var confidence = root.TryGetProperty("confidence", out var stated) ? Number(stated.ToString(), percent: false) : null;
        return new VoteRead(InWords(answer.ToString(), options, choices) ?? Option(answer.ToString(), options), confidence, "json");
    });

    private static string? InWords(string value, IReadOnlyList<string> options, IReadOnlyList<string>? choices)
    {
        var words = Bare(value);
        var at = (choices ?? []).ToList().FindIndex(c => string.Equals(Bare(c), words, StringComparison.OrdinalIgnoreCase));
        return at < 0 || words.Length < 2 ? null : options[at];
    }

    private static string Bare(string value) => value.Trim(' ', '\t', '\r', '*', '_', '"', '\'', '`', '(', ')', '[', ']', '.', ',', ':', '!');

    private static string? Option(string value, IReadOnlyList<string> options)
    {
        var word = Bare(value);
        var first = word.Split([' ', ')', '.', ':', ',', '-', '–', '—'], 2)[0];
        return options.FirstOrDefault(o => string.Equals(o, first, StringComparison.OrdinalIgnoreCase));
    }

    private static double? Number(string text, bool percent) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && (percent ? value / 100 : value) is >= 0 and <= 1 and var share ? share : null;

    [GeneratedRegex(@"^[ \t*_#>]*(final\s+)?answer[*_]*\s*[:=][ \t]*(?<value>[^\r\n]{1,200})", RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Answer();

    [GeneratedRegex(@"confidence[*_""]*\s*[:=][\s*_""]*(?<value>[-+]?[0-9.]+(e[-+]?[0-9]+)?|NaN|[-+]?Infinity)[ \t]*(?<percent>%)?", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Confidence();

    [GeneratedRegex(@"^[\s*_(\[""]*(?<word>yes\b|no\b|[A-Z](?=[)\].:]|\s*$))", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Begin();
}
