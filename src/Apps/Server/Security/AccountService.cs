using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Identity;
using Quorate.Contracts;
using Quorate.Engine.Ports;

namespace Quorate.Server.Security;

/// <summary>Makes users and checks their passwords: PBKDF2 as ASP.NET Core Identity does it.</summary>
public sealed partial class AccountService(IAccountStore store, TimeProvider time, IIdSource ids)
{
    public const string NameRule = "1 to 64 letters, digits and . _ @ -, beginning with a letter or digit";

    /// <summary>Characters; at least 8 as NIST SP 800-63B asks, and a bound so that hashing stays cheap.</summary>
    public const int ShortestPassword = 8;

    public const int LongestPassword = 256;

    public static readonly string PasswordRule = $"{ShortestPassword} to {LongestPassword} characters, and not the name";

    /// <summary>Attempts to log in until the account is locked.</summary>
    internal const int MaxFailures = 5;

    internal static readonly TimeSpan LockedFor = TimeSpan.FromMinutes(5);

    private const int MaxSessions = 20;
    private const int MaxKeys = 20;

    private readonly PasswordHasher<string> _hasher = new();
    private readonly Lazy<string> _nobody = new(() => new PasswordHasher<string>().HashPassword("", SecretToken.Create()));

    public static bool IsName(string name) => NamePattern().IsMatch(name);

    public static bool IsPassword(string name, string password) =>
        password.Length is >= ShortestPassword and <= LongestPassword && !string.Equals(name, password, StringComparison.OrdinalIgnoreCase);

    /// <summary>Null when the name is taken.</summary>
    /// <exception cref="QuorateException">Input: the name or the password is none.</exception>
    public async Task<UserAccount?> AddAsync(string name, string password, UserRole role, CancellationToken cancellationToken)
    {
        if (!IsName(name))
        {
            throw QuorateException.Input("user_name", $"the user name '{PlainText.Line(name, 60)}' is none: {NameRule}");
        }

        return IsPassword(name, password)
            ? await store.AddAsync(name, _hasher.HashPassword(name, password), role, cancellationToken)
            : throw QuorateException.Input("user_password", $"the password is none: {PasswordRule}");
    }

    /// <summary>The user, or null when name or password are wrong or the account is locked: which of these, nobody is told.</summary>
    internal async Task<UserAccount?> LogInAsync(string name, string password, CancellationToken cancellationToken)
    {
        var user = await store.FindAsync(name, cancellationToken);
        if (user?.PasswordHash is not { } hash)
        {
            // As much work as for a user that exists, so that the time does not tell them apart.
            _hasher.VerifyHashedPassword(name, _nobody.Value, password);
            return null;
        }

        var open = await store.TryBeginLoginAsync(user.Id, MaxFailures, LockedFor, cancellationToken);
        var right = _hasher.VerifyHashedPassword(user.Name, hash, password) != PasswordVerificationResult.Failed;
        if (!open || !right)
        {
            return null;
        }

        await store.EndLoginAsync(user.Id, cancellationToken);
        return user;
    }

    /// <summary>The secret, which is shown this once, and what is kept of it.</summary>
    internal async Task<(string Secret, AccessToken Token)> IssueAsync(UserAccount user, AccessTokenKind kind, string label, TimeSpan? lifetime, CancellationToken cancellationToken)
    {
        var secret = SecretToken.Create(kind == AccessTokenKind.ApiKey ? SecretToken.KeyPrefix : "");
        var now = time.GetUtcNow();
        var token = new AccessToken
        {
            Id = ids.Next(kind == AccessTokenKind.ApiKey ? "key" : "session"),
            Kind = kind,
            TokenHash = SecretToken.Hash(secret),
            UserId = user.Id,
            Label = label,
            CreatedAt = now,
            ExpiresAt = lifetime is { } end ? now + end : null,
        };
        await store.AddTokenAsync(token, kind == AccessTokenKind.ApiKey ? MaxKeys : MaxSessions, cancellationToken);
        return (secret, token);
    }

    [GeneratedRegex(@"\A[\p{L}\p{Nd}][\p{L}\p{Nd}._@-]{0,63}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex NamePattern();
}
