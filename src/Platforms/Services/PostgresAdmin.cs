using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Services;

/// <summary>Asks a PostgreSQL server as its superuser, by its own psql over the socket in its container.</summary>
/// <param name="platform">Where it runs.</param>
/// <param name="service">Its declared POSTGRES_USER and POSTGRES_DB say who and where.</param>
public sealed class PostgresAdmin(IPlatform platform, ServiceSpec service)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private string User => service.Environment.GetValueOrDefault("POSTGRES_USER", "postgres");

    private string Database => service.Environment.GetValueOrDefault("POSTGRES_DB", User);

    /// <summary>The statement's rows, one a line, fields separated by a vertical bar.</summary>
    /// <exception cref="PlatformException">The server refused, or does not answer.</exception>
    public Task<string> QueryAsync(string statement, CancellationToken cancellationToken) =>
        ServiceProgram.RunAsync(platform, service.Name, ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", User, "-d", Database, "-c", statement], Patience, cancellationToken);

    /// <summary>A string as SQL writes it (standard_conforming_strings is on since PostgreSQL 9.1).</summary>
    public static string Literal(string value) => $"'{NoNull(value).Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>A name as SQL writes it.</summary>
    public static string Identifier(string name) => $"\"{NoNull(name).Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string NoNull(string text) =>
        text.Contains('\0', StringComparison.Ordinal) ? throw new PlatformException("a value with a NUL character cannot be said in SQL", retryable: false) : text;
}
