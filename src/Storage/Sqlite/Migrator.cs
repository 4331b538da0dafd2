using System.Reflection;
using System.Text;
using Dapper;
using Microsoft.Data.Sqlite;
using Quorate.Contracts;
using Quorate.Protocol.Provenance;

namespace Quorate.Storage.Sqlite;

/// <summary>Brings a store to this program's schema: the embedded <c>NNN_name.sql</c>, in order, each in a transaction of its own.</summary>
internal static class Migrator
{
    private sealed record Migration(int Version, string Name, string Sql)
    {
        public string Hash { get; } = TextHash.Of(Sql);
    }

    private sealed record Applied(long Version, string Sha256);

    /// <exception cref="QuorateException">store_foreign, store_newer, or store_schema when a migration differs from the one applied.</exception>
    public static void Apply(SqliteConnection connection, string file, DateTimeOffset now)
    {
        var known = Known();
        foreach (var migration in known)
        {
            connection.InTransaction(() => Apply(connection, file, now, migration, known[^1].Version));
        }
    }

    private static bool Apply(SqliteConnection connection, string file, DateTimeOffset now, Migration migration, int newest)
    {
        CreateTable(connection, file);
        var applied = connection.Query<Applied>("SELECT version, sha256 FROM schema_migrations ORDER BY version").ToList();
        if (applied.Count > 0 && applied[^1].Version > newest)
        {
            throw QuorateException.Missing("store_newer", $"the store {file} has schema {applied[^1].Version}; this program knows up to {newest}", "use the newer Quorate that wrote it");
        }

        var before = applied.Find(a => a.Version == migration.Version);
        if (before is not null)
        {
            return before.Sha256 == migration.Hash ? false
                : throw QuorateException.Missing("store_schema", $"the store {file} was made with another {migration.Name} than this program's", "use the Quorate that wrote it");
        }

        connection.Execute(migration.Sql);
        connection.Execute(
            "INSERT INTO schema_migrations (version, name, sha256, applied_at_us) VALUES (@Version, @Name, @Hash, @At)",
            new { migration.Version, migration.Name, migration.Hash, At = LedgerTime.ToMicros(now) });
        return true;
    }

    private static void CreateTable(SqliteConnection connection, string file)
    {
        var tables = connection.Query<string>("SELECT name FROM sqlite_master WHERE type = 'table'").ToList();
        if (tables.Count > 0 && !tables.Contains("schema_migrations"))
        {
            throw QuorateException.Missing("store_foreign", $"{file} is another program's database: it has the table {tables[0]} and no schema_migrations", "name another file");
        }

        connection.Execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at_us INTEGER NOT NULL)");
    }

    private static List<Migration> Known()
    {
        var assembly = typeof(Migrator).Assembly;
        return [.. assembly.GetManifestResourceNames()
            .Where(n => n.EndsWith(".sql", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(n => new Migration(int.Parse(n.AsSpan(0, 3)), Path.GetFileNameWithoutExtension(n), Text(assembly, n)))];
    }

    private static string Text(Assembly assembly, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
