using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Ports;
using Quorate.Protocol.Provenance;
using Quorate.Storage.Sqlite;

namespace Quorate.Storage.Ledger;

/// <summary>The ledger in SQLite. One writer per process commits what has gathered, in one transaction (group commit).</summary>
internal sealed class SqliteLedger : ILedger, IAsyncDisposable
{
    /// <summary>Appends that may wait; more callers wait for room.</summary>
    public const int QueueCapacity = 4096;

    /// <summary>Appends in one transaction.</summary>
    public const int MaxBatch = 512;

    /// <summary>UTF-16 units of a payload in canonical form.</summary>
    public const int MaxPayload = 16 * 1024 * 1024;

    private const int MaxName = 500;

    private readonly Channel<LedgerRequest> _queue = Channel.CreateBounded<LedgerRequest>(new BoundedChannelOptions(QueueCapacity) { SingleReader = true });
    private readonly SqliteDatabase _database;
    private readonly LedgerWriter _writer;
    private readonly Task _loop;
    private bool _appended;

    public SqliteLedger(SqliteDatabase database, IKeyRing keys, TimeProvider time, long maxBytes)
    {
        _database = database;
        _writer = new LedgerWriter(database, keys, time, maxBytes);
        _loop = Task.Run(WriteLoopAsync);
    }

    public async Task<LedgerEntry> AppendAsync(LedgerDraft draft, CancellationToken cancellationToken)
    {
        CheckName("kind", draft.Kind);
        CheckName("subject", draft.Subject);
        string payload;
        try
        {
            payload = CanonicalJson.ToText(draft.Payload);
        }
        catch (JsonException e)
        {
            throw QuorateException.Input("payload_invalid", $"the payload of a {draft.Kind} entry has no canonical form: {e.Message}", inner: e);
        }

        if (payload.Length > MaxPayload)
        {
            throw QuorateException.Input("payload_too_large", $"the payload of a {draft.Kind} entry has {payload.Length} characters; at most {MaxPayload} are kept");
        }

        var request = new AppendRequest(draft, payload, cancellationToken);
        await EnqueueAsync(request, cancellationToken);
        return await request.Completion.Task;
    }

    public async Task<LedgerCheckpoint> CheckpointAsync(CancellationToken cancellationToken)
    {
        var request = new CheckpointRequest(cancellationToken);
        await EnqueueAsync(request, cancellationToken);
        return await request.Completion.Task;
    }

    public async IAsyncEnumerable<LedgerEntry> ReadAsync(LedgerFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var query = new LedgerQuery(_database, filter);
        while (true)
        {
            var page = await Task.Run(query.ReadPage, cancellationToken);
            foreach (var entry in page)
            {
                yield return entry;
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (query.IsDone)
            {
                yield break;
            }
        }
    }

    public Task<IReadOnlyList<LedgerCheckpoint>> ReadCheckpointsAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            try
            {
                using var connection = _database.Open();
                return CheckpointRow.ReadAll(connection);
            }
            catch (SqliteException e)
            {
                throw _database.Explain(e);
            }
        },
        cancellationToken);

    /// <summary>Finishes what waits, and signs the head if this process appended.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_queue.Writer.TryComplete())
        {
            await _loop;
            if (_appended)
            {
                // Best effort: every commit has signed the head in the table already.
                _writer.Commit([new CheckpointRequest(CancellationToken.None)]);
            }

            _writer.Dispose();
        }
    }

    private async Task EnqueueAsync(LedgerRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await _queue.Writer.WriteAsync(request, cancellationToken);
        }
        catch (ChannelClosedException e)
        {
            throw new ObjectDisposedException("the ledger is closed", e);
        }
    }

    private async Task WriteLoopAsync()
    {
        var batch = new List<LedgerRequest>(MaxBatch);
        while (await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var request))
            {
                if (!request.CancelIfAsked())
                {
                    batch.Add(request);
                }
            }

            if (batch.Count > 0)
            {
                _appended |= _writer.Commit(batch);
            }
        }
    }

    // SQLite's text ends at NUL for some readers, and UTF-8 has no lone surrogates: neither may hide in a name.
    private static void CheckName(string field, string value)
    {
        if (string.IsNullOrEmpty(value) || value.Length > MaxName || value.Contains('\0') || HasLoneSurrogate(value))
        {
            throw QuorateException.Input("entry_invalid", $"the {field} \"{value}\" of a ledger entry is empty, longer than {MaxName} characters, or not plain text");
        }
    }

    private static bool HasLoneSurrogate(string value)
    {
        for (var rest = value.AsSpan(); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var used) != OperationStatus.Done)
            {
                return true;
            }

            rest = rest[used..];
        }

        return false;
    }
}
