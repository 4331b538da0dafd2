using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Services;

/// <summary>
/// Stands in for secrets: equal secrets have equal digests, and without the key (32 random bytes, kept in the home)
/// nobody can find out by guessing which secret a digest belongs to.
/// </summary>
public sealed partial class SecretDigest(byte[] key)
{
    private const string Prefix = ConfigurationDifference.DigestMark;
    private const int Shown = 16;

    public static bool LooksSecret(string name) => SecretName().IsMatch(name) && !name.EndsWith("_encryption", StringComparison.OrdinalIgnoreCase);

    /// <summary>The value is a digest, or holds one: what it stood for cannot be put back from it.</summary>
    public static bool IsDigest(string? value) => value?.Contains(Prefix, StringComparison.Ordinal) == true;

    public string Of(string secret) => Prefix + Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(secret)))[..Shown];

    /// <summary>The value as it may be kept: a digest when its name says that it is secret, passwords in addresses replaced.</summary>
    public string Kept(string name, string value) => value.Length == 0 ? value
        : LooksSecret(name) ? Of(value)
        : Password().Replace(value, m => m.Groups["before"].Value + Of(m.Groups["secret"].Value) + m.Groups["after"].Value);

    [GeneratedRegex("passw|passphrase|pwd|secret|token|api_?key|private|credential|masterauth|requirepass|access_?key|conninfo|salt|[-_]pass$|^pass$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex SecretName();

    [GeneratedRegex("(?<before>://[^:/@\\s]*:)(?<secret>[^@\\s]+)(?<after>@)|(?<before>(?:password|passwd|requirepass|masterauth|radiussecrets|secret|token)\\s*[= ]\\s*)(?<secret>[^\\s;'\"]+)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Password();
}
