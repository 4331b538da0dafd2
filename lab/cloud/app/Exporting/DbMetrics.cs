using Npgsql;

namespace Quorate.Lab.Cloud.Exporting;

/// <summary>PostgreSQL through a role that may only watch (pg_monitor). Names are those of the usual postgres_exporter.</summary>
// CA1001: built once at start-up; the pool lives as long as the process does.
#pragma warning disable CA1001
internal sealed class DbMetrics(string host, string user, string password, string database)
#pragma warning restore CA1001
{
    private const string Sql = """
        SELECT coalesce(state, 'none'), count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY 1;
        SELECT current_setting('max_connections')::float8, pg_database_size(current_database())::float8, xact_commit::float8, xact_rollback::float8,
               deadlocks::float8, blks_hit::float8, blks_read::float8, extract(epoch FROM pg_postmaster_start_time())::float8,
               (SELECT count(*) FROM pg_locks WHERE NOT granted)::float8,
               (SELECT coalesce(max(extract(epoch FROM now() - xact_start)), 0) FROM pg_stat_activity WHERE state <> 'idle')::float8
        FROM pg_stat_database WHERE datname = current_database();
        """;

    private readonly NpgsqlDataSource source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder
    {
        Host = host,
        Username = user,
        Password = password,
        Database = database,
        ApplicationName = "exporter",
        MaxPoolSize = 2,
        GssEncryptionMode = GssEncryptionMode.Disable,
        Timeout = 1,
        CommandTimeout = 1,
    });

    public async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = source.CreateCommand(Sql);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        var states = new List<(string, double)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            states.Add(($"state=\"{reader.GetString(0)}\"", reader.GetInt64(1)));
        }
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new Exposition()
            .Gauge("pg_up", "1 when PostgreSQL answers.", 1)
            .Family("pg_stat_activity_count", "gauge", "Client connections by state.", [.. states])
            .Gauge("pg_settings_max_connections", "Most connections allowed.", reader.GetDouble(0))
            .Gauge("pg_database_size_bytes", "Size of the database in bytes.", reader.GetDouble(1))
            .Counter("pg_stat_database_xact_commit_total", "Transactions committed.", reader.GetDouble(2))
            .Counter("pg_stat_database_xact_rollback_total", "Transactions rolled back.", reader.GetDouble(3))
            .Counter("pg_stat_database_deadlocks_total", "Deadlocks found.", reader.GetDouble(4))
            .Counter("pg_stat_database_blks_hit_total", "Blocks found in memory.", reader.GetDouble(5))
            .Counter("pg_stat_database_blks_read_total", "Blocks read from disk.", reader.GetDouble(6))
            .Gauge("pg_postmaster_start_time_seconds", "Start time in seconds since the epoch.", reader.GetDouble(7))
            .Gauge("pg_locks_waiting", "Locks waited for.", reader.GetDouble(8))
            .Gauge("pg_longest_transaction_seconds", "Age of the oldest transaction in seconds.", reader.GetDouble(9))
            .ToString();
    }
}
