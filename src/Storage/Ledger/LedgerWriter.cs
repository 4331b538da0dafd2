using System.Text.Json;
using Dapper;
using Microsoft.Data.Sqlite;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Ports;
using Quorate.Protocol.Provenance;
using Quorate.Storage.Sqlite;

namespace Quorate.Storage.Ledger;

/// <summary>Carries out batches, each in one transaction that holds the write lock from reading the head to the commit. One thread at a time.</summary>
internal sealed class LedgerWriter(SqliteDatabase database, IKeyRing keys, TimeProvider time, long maxBytes) : IDisposable
{
    /// <summary>Entries between automatic checkpoints.</summary>
    public const int CheckpointEvery = 1000;

    private SqliteConnection? _connection;
    private LedgerInsert? _insert;

    /// <summary>Completes or fails every request of the batch; true when entries were appended.</summary>
    public bool Commit(IReadOnlyList<LedgerRequest> batch)
    {
        LedgerCheckpoint? newest;
        try
        {
            newest = CommitTransaction(batch);
        }
        catch (Exception e)
        {
            Dispose();
            FailAll(batch, e);
            return false;
        }

        var headFault = newest is null ? null : WriteHeadFile();
        foreach (var request in batch)
        {
            if (headFault is not null && request is CheckpointRequest)
            {
                request.Fail(headFault);
            }
            else
            {
                request.Complete();
            }
        }

        return batch.Any(r => r is AppendRequest);
    }

    public void Dispose()
    {
        _insert?.Dispose();
        _insert = null;
        _connection?.Dispose();
        _connection = null;
    }

    /// <summary>The newest checkpoint made, or null.</summary>
    private LedgerCheckpoint? CommitTransaction(IReadOnlyList<LedgerRequest> batch)
    {
        var connection = Connect();
        // Statements, not a SqliteTransaction: on a full disk SQLite rolls back by itself, and that one would fail doing it
        // again, on closing too. After an error the connection is closed, which ends what is still open.
        connection.Execute("BEGIN IMMEDIATE");
        var (seq, hash) = ReadHead(connection);
        var start = seq;
        LedgerCheckpoint? newest = null;
        foreach (var request in batch.OfType<AppendRequest>())
        {
            var entry = LedgerChain.Next(seq, hash, time.GetUtcNow(), request.Draft, request.Payload);
            _insert!.Run(entry);
            request.Result = entry;
            (seq, hash) = (entry.Seq, entry.Hash);
            if (seq % CheckpointEvery == 0)
            {
                newest = SignHead(seq, hash);
                CheckpointRow.Insert(connection, newest);
            }
        }

        var asked = batch.OfType<CheckpointRequest>().ToList();
        if (asked.Count > 0)
        {
            newest = FindOrAddCheckpoint(connection, seq, hash);
            asked.ForEach(r => r.Result = newest);
        }

        if (seq > start)
        {
            CheckpointRow.ReplaceHead(connection, newest?.Seq == seq ? newest : SignHead(seq, hash));
        }

        connection.Execute("COMMIT");
        return newest;
    }

    private SqliteConnection Connect()
    {
        if (_connection is null)
        {
            _connection = database.Open(pooled: false);
            var pageSize = _connection.ExecuteScalar<long>("PRAGMA page_size");
            _connection.Execute($"PRAGMA max_page_count = {Math.Clamp(maxBytes / pageSize, 1, int.MaxValue - 1)}");
            _insert = new LedgerInsert(_connection);
        }

        return _connection;
    }

    // Appending to a cut chain would cover the cut up, so the signed head must name the last entry.
    private (long Seq, string Hash) ReadHead(SqliteConnection connection)
    {
        var last = connection.QueryFirstOrDefault<(long Seq, string Hash)?>("SELECT seq, hash FROM ledger_entries ORDER BY seq DESC LIMIT 1")
            ?? (0, LedgerChain.GenesisHash);
        var head = CheckpointRow.ReadHead(connection);
        return (head?.Seq ?? 0) == last.Seq && (head?.Hash ?? LedgerChain.GenesisHash) == last.Hash
            ? last
            : throw QuorateException.Missing(
                "ledger_broken", $"the ledger in {database.Path} ends at entry {last.Seq}, but its signed head is entry {head?.Seq ?? 0}", "run quorate ledger verify, then restore a backup or start a new store");
    }

    private LedgerCheckpoint FindOrAddCheckpoint(SqliteConnection connection, long seq, string hash)
    {
        if (CheckpointRow.ReadNewest(connection) is { } newest && newest.Seq == seq)
        {
            return newest;
        }

        var checkpoint = SignHead(seq, hash);
        CheckpointRow.Insert(connection, checkpoint);
        return checkpoint;
    }

    private LedgerCheckpoint SignHead(long seq, string hash) => LedgerSigner.SignHead(keys, seq, hash, time.GetUtcNow());

    /// <summary>Null, or what went wrong. Done under the database's write lock, so that processes do not put an older head over a newer one.</summary>
    private QuorateException? WriteHeadFile()
    {
        try
        {
            var connection = Connect();
            connection.Execute("BEGIN IMMEDIATE");
            var newest = CheckpointRow.ReadNewest(connection);

            // A head beyond the tables is the proof that they were cut: it stays.
            if (newest is not null && !(HeadFile.Read(database.Path)?.Seq >= newest.Seq))
            {
                HeadFile.Write(database.Path, newest);
            }

            connection.Execute("COMMIT");
            return null;
        }
        catch (SqliteException e)
        {
            Dispose();
            return database.Explain(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            Dispose();
            return QuorateException.Missing("head_unwritable", $"the signed head {HeadFile.PathFor(database.Path)} cannot be written: {e.Message}", "check the file, its folder and the disk's free space", e);
        }
    }

    private void FailAll(IReadOnlyList<LedgerRequest> batch, Exception e)
    {
        var reason = e is SqliteException sqlite ? database.Explain(sqlite) : e;
        foreach (var request in batch)
        {
            request.Fail(reason);
        }
    }
}

/// <summary>The prepared insert of an entry: the one statement whose speed matters.</summary>
internal sealed class LedgerInsert : IDisposable
{
    private readonly SqliteCommand _command;
    private readonly SqliteParameter[] _values;

    public LedgerInsert(SqliteConnection connection)
    {
        _command = connection.CreateCommand();
        _command.CommandText =
            "INSERT INTO ledger_entries (seq, at_us, kind, subject, decision_tag, payload, prev_hash, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        _values = [.. Enumerable.Range(1, 8).Select(i => _command.Parameters.Add($"${i}", i <= 2 ? SqliteType.Integer : SqliteType.Text))];
        _command.Prepare();
    }

    public void Run(LedgerEntry entry)
    {
        _values[0].Value = entry.Seq;
        _values[1].Value = LedgerTime.ToMicros(entry.At);
        _values[2].Value = entry.Kind;
        _values[3].Value = entry.Subject;
        _values[4].Value = (object?)LedgerTags.Format(entry.DecisionTag) ?? DBNull.Value;
        _values[5].Value = entry.Payload;
        _values[6].Value = entry.PrevHash;
        _values[7].Value = entry.Hash;
        _command.ExecuteNonQuery();
    }

    public void Dispose() => _command.Dispose();
}
