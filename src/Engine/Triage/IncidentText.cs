using System.Globalization;
using System.Text;
using Quorate.Contracts;

namespace Quorate.Engine.Triage;

/// <summary>The person's words within limits. Bytes: UTF-8 bytes of what was written, of which Text may be the begin.</summary>
public sealed record IncidentText(string Text, int Bytes)
{
    /// <summary>UTF-8 bytes that are planned from; the rest is cut with a note.</summary>
    public const int MaxPlannedBytes = 16 * 1024;

    /// <summary>UTF-8 bytes above which a text is refused.</summary>
    public const int MaxBytes = 10 * 1024 * 1024;

    /// <exception cref="QuorateException">The text is empty or too long.</exception>
    public static IncidentText Parse(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            throw QuorateException.Input("incident_text_empty", "the incident text is empty; say in your own words what is wrong", "quorate triage \"the shop shows errors\" --site compose.yml");
        }

        var bytes = Encoding.UTF8.GetByteCount(text);
        if (bytes > MaxBytes)
        {
            throw QuorateException.Input("incident_text_too_long", $"the incident text has {bytes.ToString(CultureInfo.InvariantCulture)} bytes; allowed: at most {MaxBytes.ToString(CultureInfo.InvariantCulture)}", "leave out log dumps: the agents read the logs themselves");
        }

        return new IncidentText(bytes <= MaxPlannedBytes ? text : Cut(text, bytes), bytes);
    }

    private static string Cut(string text, int bytes)
    {
        var utf8 = new byte[MaxPlannedBytes];
        // Stops at the last whole character that fits.
        Encoding.UTF8.GetEncoder().Convert(text, utf8, flush: false, out var chars, out _, out _);
        return string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, chars)}\n[cut: the text had {bytes} bytes, {MaxPlannedBytes} are kept]");
    }
}
