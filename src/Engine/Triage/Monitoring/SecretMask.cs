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

    [GeneratedRegex("passw|pwd|secret|token|api_?key|private|credential|auth|access_?key|signature|salt|cert", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex SecretName();

    [GeneratedRegex("://(?<user>[^:/@\\s]*):[^@\\s]+@", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex UserInfo();
}
