using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Services;

/// <summary>Asks a PostgreSQL server as its superuser, by its own psql over the socket in its container.</summary>
/// <param name="platform">Where it runs.</param>
/// <param name="service">Its declared POSTGRES_USER and POSTGRES_DB say who and where.</param>
public sealed class PostgresAdmin(IPlatform platform, ServiceSpec service)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Of the session itself, before what the database or the role is set to: a wrong value there must not stop its own
    /// repair, nor change what a literal is. Statements have their time from who asks, since an index may take long.
    /// </summary>
    private const string Options =
        "-c statement_timeout=0 -c lock_timeout=3s -c default_transaction_read_only=off -c standard_conforming_strings=on -c quote_all_identifiers=off";

    private string User => service.Environment.GetValueOrDefault("POSTGRES_USER", "postgres");

    private string Database { get => field ?? service.Environment.GetValueOrDefault("POSTGRES_DB", User); init; }

    /// <summary>The same server's maintenance database, which is there when its own takes nobody.</summary>
    public PostgresAdmin Elsewhere => new(platform, service) { Database = Database == "postgres" ? "template1" : "postgres" };

    /// <summary>As libpq reads it (PostgreSQL documentation, 34.1.1.1 Keyword/Value Connection Strings).</summary>
    private string Connection => $"dbname='{Database.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}' options='{Options}'";

    /// <summary>The statement's rows, one a line, fields separated by a vertical bar.</summary>
    /// <exception cref="PlatformException">The server refused, or does not answer.</exception>
    public Task<string> QueryAsync(string statement, CancellationToken cancellationToken) =>
        ServiceProgram.RunAsync(platform, service.Name, ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", User, "-d", Connection, "-c", statement], Patience, cancellationToken);

    /// <summary>A string as SQL writes it (standard_conforming_strings is on since PostgreSQL 9.1).</summary>
    public static string Literal(string value) => $"'{NoNull(value).Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>A name as SQL writes it.</summary>
    public static string Identifier(string name) => $"\"{NoNull(name).Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string NoNull(string text) =>
        text.Contains('\0', StringComparison.Ordinal) ? throw new PlatformException("a value with a NUL character cannot be said in SQL", retryable: false) : text;
}
