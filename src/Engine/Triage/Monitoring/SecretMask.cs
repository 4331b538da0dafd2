using System.Text.RegularExpressions;

namespace Quorate.Engine.Triage.Monitoring;

/// <summary>Keeps secrets out of texts: values of variables whose names look secret, and passwords inside addresses.</summary>
public static partial class SecretMask
{
    public const string Masked = "***";

    public static bool LooksSecret(string name) => SecretName().IsMatch(name);

    public static string? Value(string name, string? value) => value switch
    {
        null or "" => value,
        _ when LooksSecret(name) => Masked,
        _ => UserInfo().Replace(value, $"://${{user}}:{Masked}@"),
    };

    /// <summary>A command: what follows an option whose name looks secret, or an equals sign after such a name.</summary>
    public static IReadOnlyList<string> Words(IReadOnlyList<string> command) =>
        [.. command.Select((word, i) => i > 0 && command[i - 1].StartsWith('-') && !command[i - 1].Contains('=', StringComparison.Ordinal) && LooksSecret(command[i - 1]) ? Masked
            : word.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? word[..(at + 1)] + Value(word[..at], word[(at + 1)..])
            : Value("", word) ?? word)];

    [GeneratedRegex("passw|requirepass|pwd|secret|token|api_?key|private|credential|auth|access_?key|signature|salt|cert", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex SecretName();

    [GeneratedRegex("://(?<user>[^:/@\\s]*):[^@\\s]+@", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex UserInfo();
}
