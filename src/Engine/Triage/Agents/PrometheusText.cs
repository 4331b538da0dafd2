using System.Globalization;
using System.Text;

namespace Quorate.Engine.Triage.Agents;

/// <summary>One sample of Prometheus's text format.</summary>
public sealed record MetricSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

/// <summary>Parses Prometheus's text exposition format 0.0.4. Lines that are not in form are left out, never an error: the text is foreign.</summary>
public static class PrometheusText
{
    /// <summary>Samples read of one text at most.</summary>
    public const int MaxSamples = 20_000;

    public static IReadOnlyList<MetricSample> Parse(string text)
    {
        var samples = new List<MetricSample>();
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (samples.Count < MaxSamples && ParseLine(line.Trim()) is { } sample)
            {
                samples.Add(sample);
            }
        }

        return samples;
    }

    public static bool IsName(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || char.IsAsciiDigit(name[0]))
        {
            return false;
        }

        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_' && c != ':')
            {
                return false;
            }
        }

        return true;
    }

    private static MetricSample? ParseLine(ReadOnlySpan<char> line)
    {
        if (line.IsEmpty || line[0] == '#')
        {
            return null;
        }

        var end = line.IndexOfAny('{', ' ', '\t');
        if (end <= 0 || !IsName(line[..end]))
        {
            return null;
        }

        var name = line[..end].ToString();
        var rest = line[end..];
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        if (rest[0] == '{' && !TryReadLabels(ref rest, labels))
        {
            return null;
        }

        rest = rest.Trim();
        var valueEnd = rest.IndexOfAny(' ', '\t');
        var value = valueEnd < 0 ? rest : rest[..valueEnd];
        return TryReadValue(value, out var number) ? new MetricSample(name, labels, number) : null;
    }

    /// <summary>Reads <c>{a="x",b="y"}</c> with the escapes \\, \" and \n; leaves <paramref name="rest"/> behind the brace.</summary>
    private static bool TryReadLabels(ref ReadOnlySpan<char> rest, Dictionary<string, string> labels)
    {
        rest = rest[1..].TrimStart();
        while (!rest.IsEmpty && rest[0] != '}')
        {
            var equals = rest.IndexOf('=');
            if (equals <= 0 || !IsName(rest[..equals].Trim()))
            {
                return false;
            }

            var name = rest[..equals].Trim().ToString();
            rest = rest[(equals + 1)..].TrimStart();
            if (!TryReadQuoted(ref rest, out var value))
            {
                return false;
            }

            labels[name] = value;
            rest = rest.TrimStart();
            if (!rest.IsEmpty && rest[0] == ',')
            {
                rest = rest[1..].TrimStart();
            }
        }

        if (rest.IsEmpty)
        {
            return false;
        }

        rest = rest[1..];
        return true;
    }

    private static bool TryReadQuoted(ref ReadOnlySpan<char> rest, out string value)
    {
        value = "";
        if (rest.IsEmpty || rest[0] != '"')
        {
            return false;
        }

        var text = new StringBuilder();
        for (var i = 1; i < rest.Length; i++)
        {
            if (rest[i] == '"')
            {
                rest = rest[(i + 1)..];
                value = text.ToString();
                return true;
            }

            if (rest[i] == '\\' && i + 1 < rest.Length)
            {
                i++;
                text.Append(rest[i] == 'n' ? '\n' : rest[i]);
            }
            else
            {
                text.Append(rest[i]);
            }
        }

        return false;
    }

    private static bool TryReadValue(ReadOnlySpan<char> text, out double value)
    {
        switch (text)
        {
            case "+Inf" or "Inf":
                value = double.PositiveInfinity;
                return true;
            case "-Inf":
                value = double.NegativeInfinity;
                return true;
            case "NaN":
                value = double.NaN;
                return true;
            default:
                return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
        }
    }
}
