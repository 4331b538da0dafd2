using Dapper;
using Quorate.Engine.Ports;
using Quorate.Protocol.Provenance;

namespace Quorate.Storage.Sqlite;

/// <summary>Leases in one table; each call is one statement, so processes race safely.</summary>
internal sealed class SqliteLeaseStore(SqliteDatabase database, TimeProvider time) : ILeaseStore
{
    public async Task<bool> TryAcquireAsync(string resource, string owner, TimeSpan duration, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(resource);
        ArgumentException.ThrowIfNullOrEmpty(owner);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        const string Sql = """
            INSERT INTO leases (resource, owner, expires_at_us) VALUES (@resource, @owner, @until)
            ON CONFLICT (resource) DO UPDATE SET owner = excluded.owner, expires_at_us = excluded.expires_at_us
            WHERE leases.owner = excluded.owner OR leases.expires_at_us <= @now
            """;
        var now = time.GetUtcNow();
        var parameters = new { resource, owner, now = LedgerTime.ToMicros(now), until = LedgerTime.ToMicros(now + duration) };
        return await database.RunAsync(c => c.Execute(Sql, parameters), cancellationToken) == 1;
    }

    public Task<string?> FindOwnerAsync(string resource, CancellationToken cancellationToken)
    {
        var parameters = new { resource, now = LedgerTime.ToMicros(time.GetUtcNow()) };
        return database.RunAsync(
            c => c.QuerySingleOrDefault<string?>("SELECT owner FROM leases WHERE resource = @resource AND expires_at_us > @now", parameters),
            cancellationToken);
    }

    public Task ReleaseAsync(string resource, string owner, CancellationToken cancellationToken) =>
        database.RunAsync(c => c.Execute("DELETE FROM leases WHERE resource = @resource AND owner = @owner", new { resource, owner }), cancellationToken);
}
