using System.Text.Json;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Services;

/// <summary>Reads a PostgreSQL server's settings, roles, grants and schema in one query, and what it says is wrong now.</summary>
internal sealed class PostgresInspector(PostgresAdmin admin, DeclaredSecrets secrets) : ISoftwareInspector
{
    public const string Kind = "postgresql";

    private static readonly string[] Notes = ["WARNING:", "NOTICE:", "DETAIL:", "HINT:", "INFO:", "LOG:"];

    string ISoftwareInspector.Kind => Kind;

    public async Task ReadAsync(Inspection inspection, CancellationToken cancellationToken)
    {
        try
        {
            var asking = admin.QueryAsync(PostgresQueries.Everything, cancellationToken);
            Parse(await admin.QueryAsync(PostgresQueries.Wrong, cancellationToken), inspection, secrets);
            Parse(await asking, inspection, secrets);
            inspection.Read(PostgresQueries.Areas);
        }
        catch (PlatformException closed) when (closed.Message.Contains("is not currently accepting connections", StringComparison.Ordinal))
        {
            Parse(await admin.Elsewhere.QueryAsync(PostgresQueries.Databases, cancellationToken), inspection, secrets);
            inspection.Read("database");
        }
        catch (PlatformException refused) when (RefusalOf(refused.Message) is { } kind)
        {
            inspection.Add(new ServiceCondition(kind, refused.Message));
            throw;
        }
    }

    public bool CanRestore(ConfigurationDifference difference, IReadOnlyList<ConfigurationDifference> all) =>
        PostgresRestore.Statements(difference, all, secrets.Find(difference.Healthy)) is not null;

    public async Task<ConfigurationRestored?> RestoreAsync(ConfigurationDifference difference, IReadOnlyList<ConfigurationDifference> all, CancellationToken cancellationToken)
    {
        if (PostgresRestore.Statements(difference, all, secrets.Find(difference.Healthy)) is not { } statements)
        {
            return null;
        }

        // What is said of a database need not be said in it, and it may take nobody.
        var where = difference.Area == "database" ? admin.Elsewhere : admin;
        foreach (var statement in statements)
        {
            await where.QueryAsync(statement, cancellationToken);
        }

        return difference.Area == "setting" ? await SettleAsync(difference, cancellationToken)
            : new ConfigurationRestored($"{difference.Key} put back");
    }

    public async Task<string?> EndSessionsAsync(CancellationToken cancellationToken)
    {
        var ended = Lines(await admin.QueryAsync(PostgresQueries.EndBlockers, cancellationToken));
        var what = "that held up others";
        if (ended.Count == 0)
        {
            ended = Lines(await admin.QueryAsync(PostgresQueries.EndCrowd, cancellationToken));
            what = "of the client that held most connections";
        }

        return ended.Count == 0 ? "no session holds up others" : $"{ended.Count} sessions {what} ended: {string.Join(", ", ended.Distinct().Take(5))}";
    }

    internal static void Parse(string rows, Inspection inspection, DeclaredSecrets secrets)
    {
        foreach (var row in Lines(rows))
        {
            var pair = Row(row) is [var k, var v] ? (Key: k, Value: v) : throw new PlatformException($"psql printed what is no row: {row[..Math.Min(80, row.Length)]}", retryable: false);
            if (pair.Key.StartsWith('!'))
            {
                inspection.Add(new ServiceCondition(pair.Key[1..], pair.Value));
                continue;
            }

            var slash = pair.Key.IndexOf('/', StringComparison.Ordinal);
            var (area, name) = (pair.Key[..slash], pair.Key[(slash + 1)..]);
            inspection.Add(area, name, area == "password"
                ? secrets.Describe(pair.Value, s => ScramVerifier.Matches(pair.Value, s), inspection.Digest)
                : area == "hba" ? pair.Value.Replace("\n", "; ", StringComparison.Ordinal) : pair.Value);
        }
    }

    /// <summary>After removing an override: what the configuration file says may be another value than the healthy one.</summary>
    private async Task<ConfigurationRestored> SettleAsync(ConfigurationDifference difference, CancellationToken cancellationToken)
    {
        var name = difference.Key["setting/".Length..];
        var literal = PostgresAdmin.Literal(name);
        var now = Lines(await admin.QueryAsync($"SELECT pg_sleep(0.1); SELECT {PostgresQueries.Effective(literal)}; SELECT context = 'postmaster' FROM pg_settings WHERE name = {literal}", cancellationToken));
        var (value, postmaster) = (now.ElementAtOrDefault(1) ?? now.ElementAtOrDefault(0), now.LastOrDefault() == "t");
        if (value != difference.Healthy && difference.Healthy is { } healthy && !postmaster)
        {
            await admin.QueryAsync($"ALTER SYSTEM SET {PostgresAdmin.Identifier(name)} = {PostgresAdmin.Literal(healthy)}", cancellationToken);
            await admin.QueryAsync(PostgresRestore.Reload, cancellationToken);
        }

        return new ConfigurationRestored($"{name} put back to {difference.Healthy ?? "its default"}", postmaster);
    }

    private static string? RefusalOf(string message) =>
        message.Contains("too many clients", StringComparison.Ordinal) || message.Contains("remaining connection slots", StringComparison.Ordinal) ? ConditionKinds.SlotsUsedUp
        : message.Contains("authentication failed", StringComparison.Ordinal) || message.Contains("no pg_hba.conf entry", StringComparison.Ordinal) || message.Contains("pg_hba.conf rejects", StringComparison.Ordinal) ? ConditionKinds.AdminDenied
        : null;

    private static string[]? Row(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<string[]>(line);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Rows; what the server notes beside them is printed among them, such as a changed collation at every login.</summary>
    private static List<string> Lines(string text) =>
        [.. text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && !Notes.Any(n => l.StartsWith(n, StringComparison.Ordinal)))];
}
