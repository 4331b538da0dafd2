using Npgsql;

namespace Quorate.Lab.Cloud.Data;

/// <summary>Orders in PostgreSQL. Its methods throw <see cref="NpgsqlException"/>; the pool is thread-safe.</summary>
// CA1001: built once at start-up; the pool lives as long as the process does.
#pragma warning disable CA1001
internal sealed class OrderTable
#pragma warning restore CA1001
{
    private const int MaxPool = 10;
    private const string Columns = "id, item, quantity, status, created_at";

    private readonly NpgsqlDataSource source;

    public OrderTable(ServerAddress address, string application)
    {
        source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder
        {
            Host = address.Host,
            Port = address.Port,
            Username = address.User,
            Password = address.Password,
            Database = address.Name,
            ApplicationName = application,
            MaxPoolSize = MaxPool,
            GssEncryptionMode = GssEncryptionMode.Disable,
            Timeout = 1,
            CommandTimeout = 2,
            CancellationTimeout = 500,
            ConnectionIdleLifetime = 30,
        });
    }

    public async Task<Order> AddAsync(NewOrder order, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = Command($"INSERT INTO orders (item, quantity) VALUES ($1, $2) RETURNING {Columns}", order.Item!, order.Quantity);
        return (await ReadAsync(command, cancellationToken))[0];
    }

    /// <summary>Null when there is no such order.</summary>
    public async Task<Order?> FindAsync(long id, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = Command($"SELECT {Columns} FROM orders WHERE id = $1", id);
        return (await ReadAsync(command, cancellationToken)).FirstOrDefault();
    }

    public async Task<List<Order>> NewestAsync(int limit, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = Command($"SELECT {Columns} FROM orders ORDER BY id DESC LIMIT $1", limit);
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>The newest order that the worker has had <paramref name="patience"/> to ship; null when there is none.</summary>
    public async Task<Order?> NewestDueAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = Command($"SELECT {Columns} FROM orders WHERE created_at < now() - $1 ORDER BY id DESC LIMIT 1", patience);
        return (await ReadAsync(command, cancellationToken)).FirstOrDefault();
    }

    /// <summary>
    /// Oldest first: orders whose message was not confirmed by <paramref name="unsent"/> after they were placed, or
    /// whose confirmed message has led to nothing for <paramref name="lost"/>.
    /// </summary>
    public async Task<List<Order>> UnsentAsync(TimeSpan unsent, TimeSpan lost, int limit, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = Command(
            $"SELECT {Columns} FROM orders WHERE status = 'accepted' AND coalesce(queued_at + $1, created_at + $2) < now() ORDER BY id LIMIT $3",
            lost, unsent, limit);
        return await ReadAsync(command, cancellationToken);
    }

    public Task<int> MarkQueuedAsync(long id, CancellationToken cancellationToken) =>
        ExecuteAsync("UPDATE orders SET queued_at = now() WHERE id = $1", cancellationToken, id);

    /// <summary>Shipping twice changes nothing. An order that does not exist is a foreign key violation (23503).</summary>
    public Task<int> ShipAsync(long id, CancellationToken cancellationToken) => ExecuteAsync(
        "WITH shipment AS (INSERT INTO shipments (order_id) VALUES ($1) ON CONFLICT DO NOTHING) UPDATE orders SET status = 'shipped' WHERE id = $1 AND status <> 'shipped'",
        cancellationToken, id);

    private async Task<int> ExecuteAsync(string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using NpgsqlCommand command = Command(sql, values);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private NpgsqlCommand Command(string sql, params object[] values)
    {
        NpgsqlCommand command = source.CreateCommand(sql);
        foreach (object value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }
        return command;
    }

    private static async Task<List<Order>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var orders = new List<Order>();
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            orders.Add(new Order(reader.GetInt64(0), reader.GetString(1), reader.GetInt32(2), reader.GetString(3), reader.GetFieldValue<DateTimeOffset>(4)));
        }
        return orders;
    }
}
