using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Services;

/// <summary>
/// The secrets that a Compose file itself declares for a service. A stored password that was made from one of them is
/// kept under the variable's name, and can be put back from it.
/// </summary>
internal sealed class DeclaredSecrets(ServiceSpec service)
{
    private const string Prefix = "as declared in ";
    private const int MaxCandidates = 16;

    private readonly IReadOnlyList<KeyValuePair<string, string>> _candidates =
        [.. service.Environment.Where(e => e.Value.Length > 0 && (SecretDigest.LooksSecret(e.Key) || e.Key.Contains("AUTH", StringComparison.OrdinalIgnoreCase) || e.Key.EndsWith("PASS", StringComparison.OrdinalIgnoreCase)))
            .OrderBy(e => e.Key, StringComparer.Ordinal).Take(MaxCandidates)];

    /// <summary>Names the variable that the stored form was made from; a digest of the stored form when none fits.</summary>
    public string Describe(string stored, Func<string, bool> isMadeFrom, SecretDigest digest) =>
        _candidates.FirstOrDefault(c => isMadeFrom(c.Value)) is { Key: { } name } ? Prefix + name : digest.Of(stored);

    /// <summary>The secret that a description names; null when it names none, or the file does not declare it any more.</summary>
    public string? Find(string? description) =>
        description?.StartsWith(Prefix, StringComparison.Ordinal) == true && service.Environment.TryGetValue(description[Prefix.Length..], out var secret) && secret.Length > 0
            ? secret : null;
}
