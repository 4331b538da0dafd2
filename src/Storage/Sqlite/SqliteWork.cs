using Dapper;
using Microsoft.Data.Sqlite;

namespace Quorate.Storage.Sqlite;

/// <summary>Runs work on a connection off the caller's thread; SQLite's errors come out as errors that name the file.</summary>
internal static class SqliteWork
{
    public static Task<T> RunAsync<T>(this SqliteDatabase database, Func<SqliteConnection, T> work, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            try
            {
                using var connection = database.Open();
                return work(connection);
            }
            catch (SqliteException e)
            {
                throw database.Explain(e);
            }
        },
        cancellationToken);

    /// <summary>The same in one transaction that holds the write lock from its start.</summary>
    public static Task<T> RunWritingAsync<T>(this SqliteDatabase database, Func<SqliteConnection, T> work, CancellationToken cancellationToken) =>
        database.RunAsync(connection => connection.InTransaction(() => work(connection)), cancellationToken);

    /// <summary>
    /// Work that is done as a whole or not at all. Statements, not a SqliteTransaction: on a full disk SQLite rolls back by
    /// itself, and that one would fail doing it again, on closing too, and hide why.
    /// </summary>
    public static T InTransaction<T>(this SqliteConnection connection, Func<T> work)
    {
        connection.Execute("BEGIN IMMEDIATE");
        try
        {
            var result = work();
            connection.Execute("COMMIT");
            return result;
        }
        catch
        {
            Rollback(connection);
            throw;
        }
    }

    private static void Rollback(SqliteConnection connection)
    {
        try
        {
            connection.Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // SQLite has rolled back already.
        }
    }
}
