using Dapper;
using Quorate.Engine.Ports;
using Quorate.Protocol.Provenance;
using Quorate.Storage.Sqlite;

namespace Quorate.Storage.Accounts;

/// <summary>Users and their tokens in two tables.</summary>
internal sealed class SqliteAccountStore(SqliteDatabase database, TimeProvider time) : IAccountStore
{
    private long Now => LedgerTime.ToMicros(time.GetUtcNow());

    public async Task<UserAccount?> AddAsync(string name, string passwordHash, UserRole role, CancellationToken cancellationToken)
    {
        const string Sql = $"""
            INSERT INTO users (name, password_hash, role, created_at_us) VALUES (@name, @passwordHash, @roleName, @Now)
            ON CONFLICT DO NOTHING RETURNING {UserRow.Columns}
            """;
        var roleName = UserRow.NameOf(role);
        var row = await database.RunWritingAsync(c => c.QuerySingleOrDefault<UserRow>(Sql, new { name, passwordHash, roleName, Now }), cancellationToken);
        return row?.ToAccount();
    }

    public async Task<UserAccount?> FindAsync(string name, CancellationToken cancellationToken) =>
        (await database.RunAsync(c => c.QuerySingleOrDefault<UserRow>($"SELECT {UserRow.Columns} FROM users WHERE name = @name", new { name }), cancellationToken))?.ToAccount();

    public async Task<UserAccount> FindAnonymousAsync(CancellationToken cancellationToken) =>
        (await database.RunAsync(c => c.QuerySingle<UserRow>($"SELECT {UserRow.Columns} FROM users WHERE id = {IAccountStore.AnonymousId}"), cancellationToken)).ToAccount();

    public async Task<IReadOnlyList<UserAccount>> ListAsync(CancellationToken cancellationToken)
    {
        var rows = await database.RunAsync(c => c.Query<UserRow>($"SELECT {UserRow.Columns} FROM users WHERE password_hash IS NOT NULL ORDER BY name"), cancellationToken);
        return [.. rows.Select(r => r.ToAccount())];
    }

    public Task<bool> TryBeginLoginAsync(long userId, int most, TimeSpan lockedFor, CancellationToken cancellationToken)
    {
        const string Sql = """
            UPDATE users SET
              locked_until_us = CASE WHEN failures + 1 >= @most THEN @until ELSE 0 END,
              failures = CASE WHEN failures + 1 >= @most THEN 0 ELSE failures + 1 END
            WHERE id = @userId AND locked_until_us <= @now
            """;
        var now = time.GetUtcNow();
        var parameters = new { userId, most, now = LedgerTime.ToMicros(now), until = LedgerTime.ToMicros(now + lockedFor) };
        return database.RunAsync(c => c.Execute(Sql, parameters) == 1, cancellationToken);
    }

    public Task EndLoginAsync(long userId, CancellationToken cancellationToken) =>
        database.RunAsync(c => c.Execute("UPDATE users SET failures = 0, locked_until_us = 0 WHERE id = @userId", new { userId }), cancellationToken);

    public Task SetAggregatorAsync(long userId, string? aggregator, CancellationToken cancellationToken) =>
        database.RunAsync(c => c.Execute("UPDATE users SET aggregator = @aggregator WHERE id = @userId", new { userId, aggregator }), cancellationToken);

    public Task AddTokenAsync(AccessToken token, int most, CancellationToken cancellationToken)
    {
        const string Insert = """
            INSERT INTO access_tokens (id, kind, token_hash, user_id, label, created_at_us, expires_at_us)
            VALUES (@Id, @Kind, @TokenHash, @UserId, @Label, @CreatedAt, @ExpiresAt)
            """;
        const string Prune = """
            DELETE FROM access_tokens WHERE expires_at_us <= @Now OR id IN (
              SELECT id FROM access_tokens WHERE user_id = @UserId AND kind = @Kind ORDER BY created_at_us DESC, id LIMIT -1 OFFSET @most)
            """;
        return database.RunWritingAsync(
            c =>
            {
                var row = TokenRow.Of(token);
                c.Execute(Insert, row);
                return c.Execute(Prune, new { Now, row.UserId, row.Kind, most });
            },
            cancellationToken);
    }

    public async Task<(UserAccount User, AccessToken Token)?> FindByTokenAsync(string tokenHash, CancellationToken cancellationToken)
    {
        const string Token = $"SELECT {TokenRow.Columns} FROM access_tokens WHERE token_hash = @tokenHash AND (expires_at_us IS NULL OR expires_at_us > @Now)";
        var found = await database.RunAsync<(UserRow User, TokenRow Token)?>(
            c => c.QuerySingleOrDefault<TokenRow>(Token, new { tokenHash, Now }) is { } token
                ? (c.QuerySingle<UserRow>($"SELECT {UserRow.Columns} FROM users WHERE id = @UserId", new { token.UserId }), token)
                : null,
            cancellationToken);
        return found is var (user, row) ? (user.ToAccount(), row.ToToken()) : null;
    }

    public async Task<IReadOnlyList<AccessToken>> ListTokensAsync(long userId, AccessTokenKind kind, CancellationToken cancellationToken)
    {
        const string Sql = $"SELECT {TokenRow.Columns} FROM access_tokens WHERE user_id = @userId AND kind = @name ORDER BY created_at_us, id";
        var rows = await database.RunAsync(c => c.Query<TokenRow>(Sql, new { userId, name = TokenRow.NameOf(kind) }), cancellationToken);
        return [.. rows.Select(r => r.ToToken())];
    }

    public Task<bool> RemoveTokenAsync(long userId, string tokenId, CancellationToken cancellationToken) =>
        database.RunAsync(c => c.Execute("DELETE FROM access_tokens WHERE id = @tokenId AND user_id = @userId", new { userId, tokenId }) == 1, cancellationToken);
}
