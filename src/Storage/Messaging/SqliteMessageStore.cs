using System.Threading.Channels;
using Dapper;
using Microsoft.Data.Sqlite;
using Quorate.Contracts;
using Quorate.Protocol.Messaging;
using Quorate.Storage.Sqlite;
using Quorate.Transport.Messaging;

namespace Quorate.Storage.Messaging;

/// <summary>A dead letter in the store. Bytes: of the whole message. At: when it was given up, in milliseconds since 1970-01-01 UTC; 0: not known.</summary>
public sealed record StoredDeadLetter
{
    public required string Agent { get; init; }

    public required string Token { get; init; }

    public required string Receiver { get; init; }

    public required string Conversation { get; init; }

    public required long Sequence { get; init; }

    public required string Reason { get; init; }

    public required long Attempts { get; init; }

    public required long At { get; init; }

    public required long Bytes { get; init; }
}

/// <summary>What a handler had stored about a message.</summary>
public sealed record StoredEffect(long Id, string Sender, string Conversation, long Sequence, byte[] Content);

/// <summary>
/// Agents' outboxes and marks. All agents of the store share one writer: what they want kept while a commit is under
/// way goes into the next one together.
/// </summary>
public sealed class SqliteMessageStore : IMessageJournal, IAsyncDisposable
{
    /// <summary>Records kept in all; the oldest go first.</summary>
    public const int MaxRecords = 10_000;

    private const int MaxWaiting = 1_024;

    private readonly SqliteDatabase _database;
    private readonly long _maxBytes;
    private readonly Channel<Batch> _batches = Channel.CreateBounded<Batch>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private readonly Lazy<Task> _writer;

    internal SqliteMessageStore(SqliteDatabase database, long maxBytes)
    {
        (_database, _maxBytes) = (database, maxBytes);
        _writer = new Lazy<Task>(() => Task.Run(WriteAsync));
    }

    public Task<MessengerState> LoadAsync(string agent, CancellationToken cancellationToken) =>
        _database.RunAsync(c => c.InTransaction(() => MessageRows.Read(c, agent)), cancellationToken);

    public async Task CommitAsync(string agent, MessengerChanges changes, CancellationToken cancellationToken)
    {
        _ = _writer.Value;
        var batch = new Batch(agent, changes);
        try
        {
            await _batches.Writer.WriteAsync(batch, cancellationToken);
        }
        catch (ChannelClosedException e)
        {
            throw QuorateException.Missing("store_closed", $"the store {_database.Path} is closed", null, e);
        }

        await batch.Done.Task;
    }

    /// <summary>Dead letters, oldest first, of one agent or of all.</summary>
    public Task<IReadOnlyList<StoredDeadLetter>> ListDeadAsync(string? agent, int limit, CancellationToken cancellationToken) =>
        _database.RunAsync<IReadOnlyList<StoredDeadLetter>>(
            c => c.Query<StoredDeadLetter>(
                """
                SELECT agent AS Agent, conversation || '/' || agent || '/' || receiver || '/' || sequence AS Token, receiver AS Receiver,
                  conversation AS Conversation, sequence AS Sequence, dead_reason AS Reason,
                  dead_attempts AS Attempts, dead_at_ms AS At, length(message) AS Bytes
                FROM message_outbox WHERE dead_reason IS NOT NULL AND (@agent IS NULL OR agent = @agent) ORDER BY id LIMIT @limit
                """,
                new { agent, limit }).ToList(),
            cancellationToken);

    /// <summary>What handlers had stored, in the order of delivery, after the effect with the number given.</summary>
    public Task<IReadOnlyList<StoredEffect>> ReadEffectsAsync(string agent, long after, int limit, CancellationToken cancellationToken) =>
        _database.RunAsync<IReadOnlyList<StoredEffect>>(
            c => c.Query<StoredEffect>(
                "SELECT id AS Id, sender AS Sender, conversation AS Conversation, sequence AS Sequence, content AS Content FROM message_effects WHERE agent = @agent AND id > @after ORDER BY id LIMIT @limit",
                new { agent, after, limit }).ToList(),
            cancellationToken);

    /// <summary>Removes effects that are no longer wanted, up to the number given; how many.</summary>
    public Task<int> RemoveEffectsAsync(string agent, long upTo, CancellationToken cancellationToken) =>
        _database.RunWritingAsync(c => c.Execute("DELETE FROM message_effects WHERE agent = @agent AND id <= @upTo", new { agent, upTo }), cancellationToken);

    /// <summary>Violations and decisions, newest first.</summary>
    public Task<IReadOnlyList<string>> ReadRecordsAsync(string agent, int limit, CancellationToken cancellationToken) =>
        _database.RunAsync<IReadOnlyList<string>>(
            c => c.Query<string>(
                "SELECT kind || ' ' || conversation || ' ' || sender || ' ' || first || '-' || last || ': ' || detail FROM message_records WHERE agent = @agent ORDER BY id DESC LIMIT @limit",
                new { agent, limit }).ToList(),
            cancellationToken);

    /// <summary>Finishes what waits, then closes.</summary>
    public async ValueTask DisposeAsync()
    {
        _batches.Writer.TryComplete();
        if (_writer.IsValueCreated)
        {
            await _writer.Value;
        }
    }

    private async Task WriteAsync()
    {
        MessageWriter? writer = null;
        var round = new List<Batch>();
        while (await _batches.Reader.WaitToReadAsync())
        {
            while (_batches.Reader.TryRead(out var batch))
            {
                round.Add(batch);
            }

            try
            {
                writer ??= Open();
                writer.Write(round.Select(b => (b.Agent, b.Changes)));
                round.ForEach(b => b.Done.TrySetResult());
            }
            catch (Exception e)
            {
                writer?.Dispose();
                writer = null;
                var failure = e as QuorateException ?? (e is SqliteException sqlite ? _database.Explain(sqlite)
                    : QuorateException.Missing("store_failed", $"the store {_database.Path} failed: {e.Message}", null, e));
                round.ForEach(b => b.Done.TrySetException(failure));
            }

            round.Clear();
        }

        writer?.Dispose();
    }

    private MessageWriter Open()
    {
        var connection = _database.Open(pooled: false);
        var pageSize = connection.ExecuteScalar<long>("PRAGMA page_size");
        connection.Execute($"PRAGMA max_page_count = {Math.Clamp(_maxBytes / pageSize, 1, int.MaxValue - 1)}");
        return new MessageWriter(connection);
    }

    private sealed record Batch(string Agent, MessengerChanges Changes)
    {
        internal TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
