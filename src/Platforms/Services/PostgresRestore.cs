using System.Text.RegularExpressions;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Services;

/// <summary>
/// The statements that put one difference of a PostgreSQL server back. Pure. Keys and values are what the server itself
/// printed, names quoted by it; each part that goes into a statement must still have the form that it can have.
/// </summary>
internal static partial class PostgresRestore
{
    public const string Reload = "SELECT pg_reload_conf()";

    /// <summary>A name without dots as the server prints it, in a pattern.</summary>
    private const string OneName = "(?:\"(?:[^\"\\x00]|\"\")+\"|[a-z_][a-z0-9_$]*)";

    private static readonly HashSet<string> Privileges = new(StringComparer.Ordinal)
    {
        "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "USAGE", "CREATE", "CONNECT", "TEMPORARY", "EXECUTE",
    };

    /// <summary>Null when there is no safe inverse.</summary>
    /// <param name="difference">What to put back.</param>
    /// <param name="all">All differences of the service: a renamed column or table shows as one gone and one new.</param>
    /// <param name="secret">The declared password that the healthy value stands for; null when it stands for none.</param>
    public static IReadOnlyList<string>? Statements(ConfigurationDifference difference, IReadOnlyList<ConfigurationDifference> all, string? secret)
    {
        if (SecretDigest.IsDigest(difference.Key) || SecretDigest.IsDigest(difference.Healthy))
        {
            return null;
        }

        var name = difference.Key[(difference.Area.Length + 1)..];
        var (healthy, actual) = (difference.Healthy, difference.Actual);
        return difference.Area switch
        {
            "setting" when SettingName().IsMatch(name) => [$"ALTER SYSTEM RESET {PostgresAdmin.Identifier(name)}", Reload],
            "setting_for" => SettingFor(name, healthy),
            "role" when IsName(name) && healthy is not null && actual is not null && RoleAttributes().IsMatch(healthy) => [$"ALTER ROLE {name} WITH {healthy}"],
            "password" when IsName(name) && secret is not null => [$"ALTER ROLE {name} PASSWORD {PostgresAdmin.Literal(ScramVerifier.Create(secret))}"],
            "member" => Member(name, healthy),
            "database" when IsName(name) && healthy is not null && actual is not null && DatabaseAttributes().IsMatch(healthy) => [$"ALTER DATABASE {name} WITH {healthy}"],
            "grant" => Grant(name, healthy, actual),
            "owner" when IsName(name) && healthy is not null && actual is not null && IsName(healthy) => [$"ALTER TABLE {name} OWNER TO {healthy}"],
            "extension" when IsName(name) && healthy is not null && actual is null => [$"CREATE EXTENSION IF NOT EXISTS {name}"],
            "hba" when healthy is not null && !healthy.Contains("error: ", StringComparison.Ordinal) => HostAccess(healthy),
            _ => Relation(difference, name, all),
        };
    }

    private static string[]? Relation(ConfigurationDifference difference, string name, IReadOnlyList<ConfigurationDifference> all)
    {
        var (healthy, actual) = (difference.Healthy, difference.Actual);
        if (!IsName(name) || healthy?.Contains(';', StringComparison.Ordinal) == true)
        {
            return null;
        }

        var (table, last) = SplitLast(name);
        return difference.Area switch
        {
            "table" when healthy is not null && actual is null => Renamed(difference, all, "") is { } now ? [$"ALTER TABLE {now} RENAME TO {last}"] : null,
            "column" when all.Any(d => d.Key == $"table/{table}" && (d.Healthy is null || d.Actual is null)) => null,
            "column" when healthy is not null && actual is null => Renamed(difference, all, table + ".") is { } now ? [$"ALTER TABLE {table} RENAME COLUMN {SplitLast(now).Last} TO {last}"] : null,
            "column" when healthy is not null && actual is not null => Column(table, last, healthy, actual),
            "index" when healthy is not null && actual is null && IndexDefinition().IsMatch(healthy) => [healthy],
            "index" when actual == healthy + " INVALID" => [$"REINDEX INDEX {name}"],
            "constraint" when healthy is not null && actual is null => [$"ALTER TABLE {table} ADD CONSTRAINT {last} {healthy}"],
            "constraint" when healthy is null => [$"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {last}"],
            "trigger" when healthy is null => [$"DROP TRIGGER IF EXISTS {last} ON {table}"],
            "trigger" when actual is null && healthy!.StartsWith("CREATE ", StringComparison.Ordinal) => [healthy],
            "trigger" when actual == "disabled " + healthy => [$"ALTER TABLE {table} ENABLE TRIGGER {last}"],
            "rowsecurity" when healthy is not null && actual is not null && RowSecurity().IsMatch(healthy) =>
                [$"ALTER TABLE {name} {healthy.Split(' ')[0]} ROW LEVEL SECURITY", $"ALTER TABLE {name} {healthy[(healthy.IndexOf(' ', StringComparison.Ordinal) + 1)..]} ROW LEVEL SECURITY"],
            "policy" when healthy is null => [$"DROP POLICY IF EXISTS {last} ON {table}"],
            "rule" when healthy is null => [$"DROP RULE IF EXISTS {last} ON {table}"],
            _ => null,
        };
    }

    private static string[]? SettingFor(string name, string? healthy)
    {
        var at = name.LastIndexOf(": ", StringComparison.Ordinal);
        var scope = Scope().Match(at < 0 ? "" : name[..at]);
        if (!scope.Success || !SettingName().IsMatch(name[(at + 2)..]))
        {
            return null;
        }

        var setting = PostgresAdmin.Identifier(name[(at + 2)..]);
        return [$"ALTER {name[..at]} " + (healthy is null ? $"RESET {setting}" : $"SET {setting} TO {PostgresAdmin.Literal(healthy)}"), EndSessions(scope.Groups["role"], scope.Groups["database"])];
    }

    /// <summary>Such a setting is read when a session begins: those that began with it keep it to their end.</summary>
    private static string EndSessions(Group role, Group database) =>
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        + (role.Success ? $" AND quote_ident(usename) = {PostgresAdmin.Literal(role.Value)}" : "")
        + (database.Success ? $" AND quote_ident(datname) = {PostgresAdmin.Literal(database.Value)}" : "");

    private static string[]? Member(string name, string? healthy) =>
        name.Split(" in ") is [var role, var group] && IsName(role) && IsName(group)
            ? [healthy is null ? $"REVOKE {group} FROM {role}" : $"GRANT {group} TO {role}" + (healthy == "member" ? "" : " WITH ADMIN OPTION")]
            : null;

    /// <summary>Only what differs is granted and revoked.</summary>
    private static List<string>? Grant(string name, string? healthy, string? actual)
    {
        var at = name.LastIndexOf(" to ", StringComparison.Ordinal);
        if (at < 0 || !GrantObject().IsMatch(name[..at]) || !IsName(name[(at + 4)..]))
        {
            return null;
        }

        var (what, who) = (name[..at], name[(at + 4)..]);
        var (wanted, have) = (Split(healthy), Split(actual));
        if (wanted.Concat(have).Any(p => !Privileges.Contains(p.TrimEnd('*'))))
        {
            return null;
        }

        var statements = new List<string>();
        var extra = have.Where(p => !wanted.Contains(p)).Select(p => p.TrimEnd('*')).ToList();
        if (extra.Count > 0)
        {
            statements.Add($"REVOKE {string.Join(", ", extra)} ON {what} FROM {who}");
        }

        foreach (var option in wanted.Where(p => !have.Contains(p)).GroupBy(p => p.EndsWith('*')))
        {
            statements.Add($"GRANT {string.Join(", ", option.Select(p => p.TrimEnd('*')))} ON {what} TO {who}{(option.Key ? " WITH GRANT OPTION" : "")}");
        }

        return statements;
    }

    /// <summary>The server writes its own file: COPY of text that has no tab or backslash puts it down as it is.</summary>
    private static string[]? HostAccess(string healthy)
    {
        var lines = healthy.Split("; ");
        return lines.All(l => HostLine().IsMatch(l))
            ? [$"DO $$ BEGIN EXECUTE format('COPY (SELECT unnest(string_to_array(%L, ''; ''))) TO %L', {PostgresAdmin.Literal(healthy)}, current_setting('hba_file')); END $$", Reload]
            : null;
    }

    /// <summary>Default and nullability; another type is left alone, since data would have to be converted.</summary>
    private static string[]? Column(string table, string column, string healthy, string actual)
    {
        var (was, now) = (ColumnForm().Match(healthy), ColumnForm().Match(actual));
        if (!was.Success || !now.Success || was.Groups["type"].Value != now.Groups["type"].Value || was.Groups["identity"].Success != now.Groups["identity"].Success)
        {
            return null;
        }

        var statements = new List<string>();
        if (was.Groups["null"].Success != now.Groups["null"].Success)
        {
            statements.Add($"ALTER TABLE {table} ALTER COLUMN {column} {(was.Groups["null"].Success ? "SET" : "DROP")} NOT NULL");
        }

        if (was.Groups["default"].Value != now.Groups["default"].Value)
        {
            statements.Add($"ALTER TABLE {table} ALTER COLUMN {column} " + (was.Groups["default"].Success ? $"SET DEFAULT {was.Groups["default"].Value}" : "DROP DEFAULT"));
        }

        return statements.Count > 0 ? [.. statements] : null;
    }

    /// <summary>The one new name, when exactly one of this kind is gone and exactly one with the same value has come.</summary>
    private static string? Renamed(ConfigurationDifference gone, IReadOnlyList<ConfigurationDifference> all, string within)
    {
        var same = all.Where(d => d.Area == gone.Area && d.Key.StartsWith($"{gone.Area}/{within}", StringComparison.Ordinal)).ToList();
        var lost = same.Count(d => d.Actual is null && d.Healthy == gone.Healthy);
        var come = same.Where(d => d.Healthy is null && d.Actual == gone.Healthy).ToList();
        return lost == 1 && come.Count == 1 && come[0].Key[(gone.Area.Length + 1)..] is var name && IsName(name) ? name : null;
    }

    private static List<string> Split(string? list) => [.. (list ?? "").Split(", ", StringSplitOptions.RemoveEmptyEntries)];

    private static (string Table, string Last) SplitLast(string name)
    {
        var parts = NamePart().Matches(name).Select(m => m.Value).ToList();
        return (string.Join('.', parts.Take(parts.Count - 1)), parts[^1]);
    }

    private static bool IsName(string text) => Name().IsMatch(text);

    [GeneratedRegex("\"(?:[^\"\\x00]|\"\")+\"|[a-z_][a-z0-9_$]*", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex NamePart();

    [GeneratedRegex("^(?:(?:\"(?:[^\"\\x00]|\"\")+\"|[a-z_][a-z0-9_$]*)(?:\\.|$)|PUBLIC$)+$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Name();

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_.]*$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex SettingName();

    [GeneratedRegex("^(?:[A-Z]+ ){7}CONNECTION LIMIT -?[0-9]+ VALID UNTIL '[0-9a-z :+.-]+'$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex RoleAttributes();

    [GeneratedRegex("^ALLOW_CONNECTIONS (?:true|false) CONNECTION LIMIT -?[0-9]+$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex DatabaseAttributes();

    [GeneratedRegex($"^(?:ROLE (?<role>{OneName})(?: IN DATABASE (?<database>{OneName}))?|DATABASE (?<database>{OneName}))$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Scope();

    [GeneratedRegex("^(?:(?:TABLE|SEQUENCE|SCHEMA|DATABASE) (?:\"(?:[^\"\\x00]|\"\")+\"|[a-z0-9_$.])+|FUNCTION [a-z0-9_$.\", ()\\[\\]]+)$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex GrantObject();

    [GeneratedRegex("^CREATE (?:UNIQUE )?INDEX ", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex IndexDefinition();

    [GeneratedRegex("^(?:ENABLE|DISABLE) (?:NO )?FORCE$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex RowSecurity();

    [GeneratedRegex("^(?:local|host|hostssl|hostnossl|hostgssenc|hostnogssenc) [A-Za-z0-9_,.:/+*=@-]+(?: [A-Za-z0-9_,.:/+*=@-]+)+$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex HostLine();

    [GeneratedRegex("^(?<type>.+?)(?<null> NOT NULL)?(?<identity> IDENTITY)?(?: DEFAULT (?<default>.*))?$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex ColumnForm();
}
