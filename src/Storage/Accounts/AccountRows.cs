using Quorate.Engine.Ports;
using Quorate.Protocol.Provenance;

namespace Quorate.Storage.Accounts;

/// <summary>A user as the table holds them.</summary>
internal sealed record UserRow(long Id, string Name, string? PasswordHash, string Role, string? Aggregator, long LockedUntil, long CreatedAt)
{
    public const string Columns = "id, name, password_hash AS PasswordHash, role, aggregator, locked_until_us AS LockedUntil, created_at_us AS CreatedAt";

    public static string NameOf(UserRole role) => role.ToString().ToLowerInvariant();

    public UserAccount ToAccount() => new()
    {
        Id = Id,
        Name = Name,
        PasswordHash = PasswordHash,
        Role = Enum.Parse<UserRole>(Role, ignoreCase: true),
        Aggregator = Aggregator,
        LockedUntil = LockedUntil == 0 ? null : LedgerTime.FromMicros(LockedUntil),
        CreatedAt = LedgerTime.FromMicros(CreatedAt),
    };
}

/// <summary>A session or an API key as the table holds it.</summary>
internal sealed record TokenRow(string Id, string Kind, string TokenHash, long UserId, string Label, long CreatedAt, long? ExpiresAt)
{
    public const string Columns = "id, kind, token_hash AS TokenHash, user_id AS UserId, label, created_at_us AS CreatedAt, expires_at_us AS ExpiresAt";

    public static string NameOf(AccessTokenKind kind) => kind == AccessTokenKind.Session ? "session" : "api_key";

    public static TokenRow Of(AccessToken token) => new(
        token.Id, NameOf(token.Kind), token.TokenHash, token.UserId, token.Label, LedgerTime.ToMicros(token.CreatedAt), token.ExpiresAt is { } end ? LedgerTime.ToMicros(end) : null);

    public AccessToken ToToken() => new()
    {
        Id = Id,
        Kind = Kind == "session" ? AccessTokenKind.Session : AccessTokenKind.ApiKey,
        TokenHash = TokenHash,
        UserId = UserId,
        Label = Label,
        CreatedAt = LedgerTime.FromMicros(CreatedAt),
        ExpiresAt = ExpiresAt is { } end ? LedgerTime.FromMicros(end) : null,
    };
}
