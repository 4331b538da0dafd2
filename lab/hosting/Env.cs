using System.Globalization;

namespace Quorate.Lab.Hosting;

/// <summary>The only configuration: environment variables, each with its range.</summary>
internal static class Env
{
    public static string Text(string name, string fallback)
    {
        string? value = Environment.GetEnvironmentVariable(name);
        return string.IsNullOrWhiteSpace(value) ? fallback : value.Trim();
    }

    public static int Integer(string name, int fallback, int min, int max)
    {
        string text = Text(name, fallback.ToString(CultureInfo.InvariantCulture));
        return int.TryParse(text, CultureInfo.InvariantCulture, out int value) && value >= min && value <= max
            ? value
            : throw new UsageException($"{name}={text} must be a whole number from {min} to {max}");
    }

    public static Uri? OptionalUrl(string name)
    {
        string text = Text(name, "");
        if (text.Length == 0)
        {
            return null;
        }
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme == Uri.UriSchemeHttp
            ? url
            : throw new UsageException($"{name}={text} must be an http:// address");
    }

    public static Uri Url(string name) =>
        OptionalUrl(name) ?? throw new UsageException($"{name} must be set to an http:// address");
}
