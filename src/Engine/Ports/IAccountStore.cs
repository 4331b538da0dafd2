namespace Quorate.Engine.Ports;

/// <summary>What a user may do; each includes the one before. Viewer: read their own history. Operator: ask, and reset members. Admin: everything.</summary>
public enum UserRole
{
    Viewer,
    Operator,
    Admin,
}

/// <summary>A user as the store knows them.</summary>
public sealed record UserAccount
{
    public required long Id { get; init; }

    /// <summary>Unique without regard to case.</summary>
    public required string Name { get; init; }
    public required UserRole Role { get; init; }

    /// <summary>Null for the anonymous user, who cannot log in.</summary>
    public string? PasswordHash { get; init; }

    /// <summary>The member that writes this user's summaries; null: the panel's own.</summary>
    public string? Aggregator { get; init; }
    public DateTimeOffset? LockedUntil { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
}

public enum AccessTokenKind
{
    Session,
    ApiKey,
}

/// <summary>Lets its bearer in as a user. The store holds the token's hash only.</summary>
public sealed record AccessToken
{
    public required string Id { get; init; }
    public required AccessTokenKind Kind { get; init; }

    /// <summary>SHA-256 of the token, lower-case hex.</summary>
    public required string TokenHash { get; init; }
    public required long UserId { get; init; }

    /// <summary>What its owner calls it.</summary>
    public required string Label { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Null: until it is removed.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>Users, their sessions and API keys. Thread-safe; several processes may share it.</summary>
public interface IAccountStore
{
    /// <summary>The user that work without a name belongs to.</summary>
    const long AnonymousId = 1;

    /// <summary>Null when the name is taken.</summary>
    Task<UserAccount?> AddAsync(string name, string passwordHash, UserRole role, CancellationToken cancellationToken);

    Task<UserAccount?> FindAsync(string name, CancellationToken cancellationToken);

    Task<UserAccount> FindAnonymousAsync(CancellationToken cancellationToken);

    /// <summary>Those who can log in, by name.</summary>
    Task<IReadOnlyList<UserAccount>> ListAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Counts an attempt to log in before its password is looked at, so that racing attempts are all counted; the one that makes
    /// <paramref name="most"/> locks the account. False while it is locked.
    /// </summary>
    Task<bool> TryBeginLoginAsync(long userId, int most, TimeSpan lockedFor, CancellationToken cancellationToken);

    /// <summary>The attempt was right: the count starts anew.</summary>
    Task EndLoginAsync(long userId, CancellationToken cancellationToken);

    Task SetAggregatorAsync(long userId, string? aggregator, CancellationToken cancellationToken);

    /// <summary>Beyond <paramref name="most"/> tokens of a kind the user's oldest go.</summary>
    Task AddTokenAsync(AccessToken token, int most, CancellationToken cancellationToken);

    /// <summary>The bearer and the token; null when there is none or it has expired.</summary>
    Task<(UserAccount User, AccessToken Token)?> FindByTokenAsync(string tokenHash, CancellationToken cancellationToken);

    Task<IReadOnlyList<AccessToken>> ListTokensAsync(long userId, AccessTokenKind kind, CancellationToken cancellationToken);

    /// <summary>False when the user has no such token.</summary>
    Task<bool> RemoveTokenAsync(long userId, string tokenId, CancellationToken cancellationToken);
}
