using System.Diagnostics;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Protocol.Provenance;
using Quorate.Storage.Sqlite;
using SQLitePCL;

namespace Quorate.Storage.Ledger;

/// <summary>
/// Checks the tables of a store in one snapshot. Rows are read as SQLite's own bytes: faster than through the data
/// provider, and a text with a hidden NUL or a number of another type cannot pass for what it looks like.
/// </summary>
internal static class StoreVerification
{
    private const string Rows = "SELECT seq, at_us, kind, subject, decision_tag, payload, prev_hash, hash FROM ledger_entries ORDER BY seq";
    private const int CancelEvery = 4096;

    public static LedgerVerification Run(string file, IReadOnlyDictionary<string, byte[]> publicKeys, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        var database = new SqliteDatabase(file);
        if (!File.Exists(database.Path))
        {
            throw QuorateException.Missing("store_missing", $"the store {database.Path} does not exist", "name the store's file");
        }

        using var keys = new SigningKeys();
        foreach (var (id, key) in publicKeys)
        {
            keys.TryAdd(id, key);
        }

        var chain = new LedgerChainVerifier(keys);
        // Read before the snapshot begins, so that it cannot be ahead of it.
        var head = ReadHeadFile(database.Path, chain);
        var checkpoints = 0;
        using var connection = database.Open(SqliteOpenMode.ReadOnly, pooled: false);
        try
        {
            using var transaction = connection.BeginTransaction(deferred: true);
            checkpoints = AddCheckpoints(connection, transaction, chain, head);
            Scan(connection.Handle!, chain, cancellationToken);
            chain.Complete();
        }
        catch (SqliteException e) when (e.SqliteErrorCode is 11 or 1)
        {
            chain.Fail(chain.Entries + 1, LedgerFaultReason.Malformed, $"the tables cannot be read on from here: {e.Message}");
        }
        catch (SqliteException e)
        {
            throw database.Explain(e);
        }

        return new LedgerVerification
        {
            Valid = chain.Fault is null,
            Entries = chain.Entries,
            Checkpoints = checkpoints,
            FirstBad = chain.Fault,
            KeyIds = [.. keys.Ids],
            KeyPinned = true,
            HeadFile = head is not null,
            Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds,
        };
    }

    private static LedgerCheckpoint? ReadHeadFile(string store, LedgerChainVerifier chain)
    {
        try
        {
            return HeadFile.Read(store);
        }
        catch (JsonException e)
        {
            chain.Fail(null, LedgerFaultReason.Malformed, e.Message);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw QuorateException.Missing("head_unreadable", $"the signed head {HeadFile.PathFor(store)} cannot be read: {e.Message}", "give yourself read access to it", e);
        }
    }

    /// <summary>The number of checkpoints in the table. The signed heads beside it are checked like them.</summary>
    private static int AddCheckpoints(SqliteConnection connection, SqliteTransaction transaction, LedgerChainVerifier chain, LedgerCheckpoint? headFile)
    {
        IReadOnlyList<LedgerCheckpoint> checkpoints;
        LedgerCheckpoint? head;
        try
        {
            checkpoints = CheckpointRow.ReadAll(connection, transaction);
            head = CheckpointRow.ReadHead(connection, transaction);
        }
        catch (Exception e) when (e is not SqliteException)
        {
            chain.Fail(null, LedgerFaultReason.Malformed, $"the table of checkpoints cannot be read: {e.Message}");
            return 0;
        }

        foreach (var checkpoint in checkpoints)
        {
            chain.Add(checkpoint);
        }

        if (headFile is not null)
        {
            chain.Add(headFile);
        }

        if (head is not null)
        {
            chain.Add(head);
        }

        chain.SignedEnd = head?.Seq ?? 0;
        return checkpoints.Count;
    }

    private static void Scan(sqlite3 database, LedgerChainVerifier chain, CancellationToken cancellationToken)
    {
        SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v2(database, Rows, out var statement), database);
        using (statement)
        {
            int rc;
            while ((rc = raw.sqlite3_step(statement)) == raw.SQLITE_ROW)
            {
                if (!AddRow(statement, chain))
                {
                    return;
                }

                if (chain.Entries % CancelEvery == 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                }
            }

            if (rc != raw.SQLITE_DONE)
            {
                SqliteException.ThrowExceptionForRC(rc, database);
            }
        }
    }

    private static bool AddRow(sqlite3_stmt row, LedgerChainVerifier chain)
    {
        DecisionTag? tag = null;
        var tagType = raw.sqlite3_column_type(row, 4);
        var clean = raw.sqlite3_column_type(row, 1) == raw.SQLITE_INTEGER
            && IsText(row, 2) && IsText(row, 3) && IsText(row, 5) && IsText(row, 6) && IsText(row, 7)
            && (tagType == raw.SQLITE_NULL || (tagType == raw.SQLITE_TEXT && LedgerTags.TryParse(raw.sqlite3_column_blob(row, 4), out tag)));
        if (!clean)
        {
            return chain.Fail(raw.sqlite3_column_int64(row, 0), LedgerFaultReason.Altered, "a column of the entry has another type than it was written with");
        }

        return chain.Add(new LedgerEntryBytes
        {
            Seq = raw.sqlite3_column_int64(row, 0),
            AtMicros = raw.sqlite3_column_int64(row, 1),
            Kind = raw.sqlite3_column_blob(row, 2),
            Subject = raw.sqlite3_column_blob(row, 3),
            DecisionTag = tag,
            Payload = raw.sqlite3_column_blob(row, 5),
            PrevHash = raw.sqlite3_column_blob(row, 6),
            Hash = raw.sqlite3_column_blob(row, 7),
        });
    }

    private static bool IsText(sqlite3_stmt row, int column) => raw.sqlite3_column_type(row, column) == raw.SQLITE_TEXT;
}
