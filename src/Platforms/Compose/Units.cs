using System.Globalization;
using System.Text;

namespace Quorate.Platforms.Compose;

/// <summary>Compose's small value languages: durations, sizes, shell words.</summary>
internal static class Units
{
    public const string DurationForm = "a duration such as 30s, 1m30s, 500ms or 1h, up to 24h";
    public const string SizeForm = "a size in bytes or with a unit, such as 512m, 64kb or 2g";
    private static readonly TimeSpan MaxDuration = TimeSpan.FromHours(24);

    /// <summary>Go's duration form, as Compose uses it: numbers each followed by a unit (ns, us, ms, s, m, h).</summary>
    public static TimeSpan? ParseDuration(string text)
    {
        if (text == "0")
        {
            return TimeSpan.Zero;
        }

        double seconds = 0;
        var at = 0;
        while (at < text.Length)
        {
            var number = TakeWhile(text, ref at, c => char.IsAsciiDigit(c) || c == '.');
            var unit = TakeWhile(text, ref at, c => !char.IsAsciiDigit(c) && c != '.');
            double? factor = unit switch
            {
                "ns" => 1e-9,
                "us" or "µs" or "μs" => 1e-6,
                "ms" => 1e-3,
                "s" => 1,
                "m" => 60,
                "h" => 3600,
                _ => null,
            };
            if (factor is null || !double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
            {
                return null;
            }

            seconds += value * factor.Value;
        }

        return text.Length > 0 && seconds <= MaxDuration.TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;
    }

    /// <summary>Docker's RAM sizes: binary multiples, an optional unit b, k, m, g, t or p with optional i and b.</summary>
    public static long? ParseSize(string text)
    {
        var lower = text.Trim().ToLowerInvariant();
        var at = 0;
        var number = TakeWhile(lower, ref at, c => char.IsAsciiDigit(c) || c == '.');
        var unit = lower[at..].TrimStart();
        var power = unit switch
        {
            "" or "b" => 0,
            "k" or "kb" or "kib" => 1,
            "m" or "mb" or "mib" => 2,
            "g" or "gb" or "gib" => 3,
            "t" or "tb" or "tib" => 4,
            "p" or "pb" or "pib" => 5,
            _ => -1,
        };
        if (power < 0 || !double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
        {
            return null;
        }

        var bytes = value * Math.Pow(1024, power);
        return bytes < long.MaxValue ? (long)bytes : null;
    }

    /// <summary>Words as a POSIX shell splits them, without any expansion; null when a quote is not closed.</summary>
    public static IReadOnlyList<string>? SplitWords(string text)
    {
        var words = new List<string>();
        StringBuilder? word = null;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsWhiteSpace(c))
            {
                if (word is not null)
                {
                    words.Add(word.ToString());
                    word = null;
                }

                continue;
            }

            word ??= new StringBuilder();
            if (c is '\'' or '"')
            {
                if (!TakeQuoted(text, ref i, c, word))
                {
                    return null;
                }
            }
            else if (c == '\\' && i + 1 < text.Length)
            {
                word.Append(text[++i]);
            }
            else
            {
                word.Append(c);
            }
        }

        if (word is not null)
        {
            words.Add(word.ToString());
        }

        return words;
    }

    public static string ExpandHome(string path) =>
        path is "~" || path.StartsWith("~/", StringComparison.Ordinal)
            ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + path[1..]
            : path;

    private static bool TakeQuoted(string text, ref int at, char quote, StringBuilder word)
    {
        for (at++; at < text.Length; at++)
        {
            if (text[at] == quote)
            {
                return true;
            }

            if (quote == '"' && text[at] == '\\' && at + 1 < text.Length && text[at + 1] is '"' or '\\' or '$' or '`')
            {
                at++;
            }

            word.Append(text[at]);
        }

        return false;
    }

    private static string TakeWhile(string text, ref int at, Func<char, bool> accept)
    {
        var start = at;
        while (at < text.Length && accept(text[at]))
        {
            at++;
        }

        return text[start..at];
    }
}
