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
    public static Task<T> RunWritingAsync<T>(this SqliteDatabase database, Func<SqliteConnection, SqliteTransaction, T> work, CancellationToken cancellationToken) =>
        database.RunAsync(
            connection =>
            {
                using var transaction = connection.BeginTransaction(deferred: false);
                var result = work(connection, transaction);
                transaction.Commit();
                return result;
            },
            cancellationToken);
}
