using Dapper;
using Microsoft.Data.Sqlite;
using Quorate.Contracts;
using Quorate.Engine.Ask;
using Quorate.Engine.Ports;
using Quorate.Storage.Accounts;
using Quorate.Storage.Asking;
using Quorate.Storage.Ledger;
using Quorate.Storage.Messaging;
using Quorate.Storage.Sqlite;

namespace Quorate.Storage;

/// <summary>
/// The embedded store: one SQLite file in WAL mode with full synchronisation, which several processes may share.
/// Beside it stands <c>FILE.head</c>, the newest signed checkpoint, so that cutting the tables shows.
/// </summary>
public sealed class QuorateStore : IAsyncDisposable
{
    /// <summary>Bytes that the store may grow to by default: 64 GiB.</summary>
    public const long DefaultMaxBytes = 64L << 30;

    private readonly SqliteDatabase _database;
    private readonly SqliteLedger _ledger;

    private QuorateStore(SqliteDatabase database, SqliteLedger ledger, SqliteMessageStore messages, TimeProvider time)
    {
        _database = database;
        _ledger = ledger;
        Leases = new SqliteLeaseStore(database, time);
        Accounts = new SqliteAccountStore(database, time);
        AskJobs = new SqliteAskJobStore(database, time);
        AskJournal = new SqliteAskJournal(database, time);
        Messages = messages;
    }

    public string File => _database.Path;

    public ILedger Ledger => _ledger;

    public ILeaseStore Leases { get; }

    public IAccountStore Accounts { get; }

    public IAskJobStore AskJobs { get; }

    public IAskJournal AskJournal { get; }

    /// <summary>Agents' outboxes, marks and effects.</summary>
    public SqliteMessageStore Messages { get; }

    /// <summary>Opens or makes the store and brings its schema up to date.</summary>
    /// <param name="file">The database file; its folder is made if need be.</param>
    /// <param name="keys">Signs the ledger's heads.</param>
    /// <param name="time">Stamps entries and ends leases.</param>
    /// <param name="maxBytes">Beyond this size appends fail with store_full.</param>
    /// <param name="cancellationToken">Stops the opening.</param>
    /// <exception cref="QuorateException">The store_… codes, each with the file and a hint.</exception>
    public static async Task<QuorateStore> OpenAsync(
        string file, IKeyRing keys, TimeProvider time, long maxBytes = DefaultMaxBytes, CancellationToken cancellationToken = default)
    {
        var database = new SqliteDatabase(file);
        return await Task.Run(() => Open(database, keys, time, maxBytes), cancellationToken);
    }

    /// <summary>Signs the head if anything was appended, then closes. Pending appends are finished first.</summary>
    public async ValueTask DisposeAsync()
    {
        await Messages.DisposeAsync();
        await _ledger.DisposeAsync();
        _database.ClosePool();
    }

    private static QuorateStore Open(SqliteDatabase database, IKeyRing keys, TimeProvider time, long maxBytes)
    {
        try
        {
            CreateFile(database.Path);
            using var connection = database.Open();
            var mode = connection.ExecuteScalar<string>("PRAGMA journal_mode = WAL");
            if (mode != "wal")
            {
                throw QuorateException.Missing("store_unsupported", $"the store {database.Path} cannot use write-ahead logging (it stays in mode {mode})", "put it on a local disk");
            }

            Migrator.Apply(connection, database.Path, time.GetUtcNow());
            return new QuorateStore(database, new SqliteLedger(database, keys, time, maxBytes), new SqliteMessageStore(database, maxBytes), time);
        }
        catch (SqliteException e)
        {
            throw database.Explain(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw QuorateException.Missing("store_unwritable", $"the store {database.Path} cannot be opened: {e.Message}", "check that its folder exists and that you may write to it", e);
        }
    }

    // Made before SQLite does, as prompts and logs are nobody else's to read; SQLite gives its side files the same mode.
    private static void CreateFile(string path)
    {
        if (!System.IO.File.Exists(path))
        {
            DurableFile.CreateFolder(Path.GetDirectoryName(path)!);
            DurableFile.TryCreate(path, []);
        }
    }
}
