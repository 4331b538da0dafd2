using System.Runtime.InteropServices;
using Dapper;
using Microsoft.Data.Sqlite;
using Quorate.Contracts;

namespace Quorate.Storage.Sqlite;

/// <summary>One SQLite file: how it is opened, and what its errors mean to a person.</summary>
internal sealed class SqliteDatabase(string file)
{
    /// <summary>How long a writer waits for another process's lock.</summary>
    public static readonly TimeSpan BusyTimeout = TimeSpan.FromSeconds(5);

    private const string SystemLibrary = "libsqlite3.so.0";
    private static readonly Lazy<bool> Provider = new(LoadProvider);

    public string Path { get; } = System.IO.Path.GetFullPath(file);

    /// <exception cref="QuorateException">Codes store_…; see <see cref="Explain"/>.</exception>
    public SqliteConnection Open(SqliteOpenMode mode = SqliteOpenMode.ReadWrite, bool pooled = true)
    {
        _ = Provider.Value;
        var connection = new SqliteConnection(ConnectionString(mode, pooled));
        try
        {
            connection.Open();
            connection.Execute($"PRAGMA busy_timeout = {BusyTimeout.TotalMilliseconds:0}; PRAGMA synchronous = FULL;");
            return connection;
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw Explain(e);
        }
    }

    /// <summary>Closes the idle connections to this file, so that SQLite folds the write-ahead log into it.</summary>
    public void ClosePool()
    {
        using var connection = new SqliteConnection(ConnectionString(SqliteOpenMode.ReadWrite, pooled: true));
        SqliteConnection.ClearPool(connection);
    }

    /// <summary>SQLite's primary result codes (sqlite.org/rescode.html) as errors that name the file.</summary>
    public QuorateException Explain(SqliteException e) => e.SqliteErrorCode switch
    {
        5 or 6 => Missing("store_locked", $"the store {Path} stayed locked for {BusyTimeout.TotalSeconds:0} s", "another process holds it: wait for it or end it", e),
        8 => Missing("store_readonly", $"the store {Path} cannot be written", "give yourself write access to the file and its folder", e),
        10 => Missing("store_io", $"the store {Path} cannot be read or written: {e.Message}", "check the disk and its free space", e),
        11 => Missing("store_corrupt", $"the store {Path} is corrupt: {e.Message}", "restore it from a backup; quorate ledger verify says how far it is good", e),
        13 => Missing("store_full", $"the store {Path} cannot grow: the disk or the store's limit is full", "free some space; nothing of what was written before is lost", e),
        14 => Missing("store_unwritable", $"the store {Path} cannot be opened: {e.Message}", "check that its folder exists and that you may write to it", e),
        26 => Missing("store_not_database", $"{Path} is not a SQLite database", "name another file, or move this one away", e),
        _ => Missing("store_failed", $"the store {Path} failed: {e.Message}", null, e),
    };

    private static QuorateException Missing(string code, string message, string? hint, Exception e) => QuorateException.Missing(code, message, hint, e);

    private string ConnectionString(SqliteOpenMode mode, bool pooled) => new SqliteConnectionStringBuilder
    {
        DataSource = Path,
        Mode = mode,
        Pooling = pooled,
        ForeignKeys = true,
        DefaultTimeout = (int)BusyTimeout.TotalSeconds,
    }.ToString();

    // The system's library gets security updates; the packaged one (3.35) serves where there is none.
    private static bool LoadProvider()
    {
        NativeLibrary.SetDllImportResolver(
            typeof(SQLitePCL.SQLite3Provider_e_sqlite3).Assembly,
            (name, _, _) => name == "e_sqlite3" && NativeLibrary.TryLoad(SystemLibrary, out var library) ? library : IntPtr.Zero);
        SQLitePCL.raw.SetProvider(new SQLitePCL.SQLite3Provider_e_sqlite3());
        return true;
    }
}
