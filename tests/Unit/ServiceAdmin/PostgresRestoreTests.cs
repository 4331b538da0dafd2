using Quorate.Contracts.Sites;
using Quorate.Platforms.Services;

namespace Quorate.Tests.Unit.ServiceAdmin;

public sealed class PostgresRestoreTests
{
    private const string EndOf = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";

    /// <summary>Key, healthy and actual value as a server printed them, and what puts it back.</summary>
    public static TheoryData<string, string?, string?, string[]> Inverses => new()
    {
        { "setting/work_mem", null, "64kB", ["ALTER SYSTEM RESET \"work_mem\"", PostgresRestore.Reload] },
        { "setting_for/ROLE app IN DATABASE cloud: search_path", null, "nowhere", ["ALTER ROLE app IN DATABASE cloud RESET \"search_path\"", EndOf + " AND quote_ident(usename) = 'app' AND quote_ident(datname) = 'cloud'"] },
        { "setting_for/ROLE app: search_path", null, "nowhere", ["ALTER ROLE app RESET \"search_path\"", EndOf + " AND quote_ident(usename) = 'app'"] },
        { "setting_for/ROLE \"x IN DATABASE y\": search_path", null, "nowhere", ["ALTER ROLE \"x IN DATABASE y\" RESET \"search_path\"", EndOf + " AND quote_ident(usename) = '\"x IN DATABASE y\"'"] },
        { "setting_for/DATABASE cloud: statement_timeout", "30s", "1ms", ["ALTER DATABASE cloud SET \"statement_timeout\" TO '30s'", EndOf + " AND quote_ident(datname) = 'cloud'"] },
        { "grant/TABLE public.orders to app", "INSERT, SELECT, UPDATE", "SELECT", ["GRANT INSERT, UPDATE ON TABLE public.orders TO app"] },
        { "grant/TABLE public.orders to app", "SELECT", "SELECT, DELETE", ["REVOKE DELETE ON TABLE public.orders FROM app"] },
        { "grant/TABLE public.\"Odd name\" to PUBLIC", "SELECT*", null, ["GRANT SELECT ON TABLE public.\"Odd name\" TO PUBLIC WITH GRANT OPTION"] },
        { "member/exporter in pg_monitor", "member", null, ["GRANT pg_monitor TO exporter"] },
        { "database/cloud", "ALLOW_CONNECTIONS true CONNECTION LIMIT -1", "ALLOW_CONNECTIONS true CONNECTION LIMIT 1", ["ALTER DATABASE cloud WITH ALLOW_CONNECTIONS true CONNECTION LIMIT -1"] },
        { "index/public.orders_waiting", "CREATE INDEX orders_waiting ON public.orders USING btree (id)", null, ["CREATE INDEX orders_waiting ON public.orders USING btree (id)"] },
        { "constraint/public.orders.none", null, "CHECK (false) NOT VALID", ["ALTER TABLE public.orders DROP CONSTRAINT IF EXISTS none"] },
        { "trigger/public.orders.refuse", null, "CREATE TRIGGER refuse …", ["DROP TRIGGER IF EXISTS refuse ON public.orders"] },
        { "rowsecurity/public.orders", "DISABLE NO FORCE", "ENABLE NO FORCE", ["ALTER TABLE public.orders DISABLE ROW LEVEL SECURITY", "ALTER TABLE public.orders NO FORCE ROW LEVEL SECURITY"] },
        { "column/public.orders.status", "text NOT NULL DEFAULT 'accepted'::text", "text DEFAULT 'x'::text",
            ["ALTER TABLE public.orders ALTER COLUMN status SET NOT NULL", "ALTER TABLE public.orders ALTER COLUMN status SET DEFAULT 'accepted'::text"] },
        { "owner/public.orders", "cloud", "app", ["ALTER TABLE public.orders OWNER TO cloud"] },
        {
            "role/app", "NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB LOGIN NOREPLICATION NOBYPASSRLS CONNECTION LIMIT -1 VALID UNTIL 'infinity'",
            "NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB NOLOGIN NOREPLICATION NOBYPASSRLS CONNECTION LIMIT -1 VALID UNTIL 'infinity'",
            ["ALTER ROLE app WITH NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB LOGIN NOREPLICATION NOBYPASSRLS CONNECTION LIMIT -1 VALID UNTIL 'infinity'"]
        },
    };

    [Theory]
    [MemberData(nameof(Inverses))]
    public void Statements_KnownArea_PutItBack(string key, string? healthy, string? actual, string[] statements)
    {
        var difference = Inspected.Difference(key, healthy, actual);
        Assert.Equal(statements, PostgresRestore.Statements(difference, [difference], null));
    }

    /// <summary>What has lost data, was made by somebody, or could smuggle a statement in.</summary>
    [Theory]
    [InlineData("column/public.orders.item", "text NOT NULL", null)]
    [InlineData("column/public.orders.item", "text", "bigint")]
    [InlineData("table/public.orders", "id bigint", null)]
    [InlineData("index/public.mine", null, "CREATE INDEX mine ON public.orders USING btree (id)")]
    [InlineData("index/public.i", "CREATE INDEX i ON t (id); DROP TABLE orders", null)]
    [InlineData("grant/TABLE public.orders; DROP TABLE x to app", "SELECT", null)]
    [InlineData("grant/TABLE public.orders to app", "SELECT; DROP", null)]
    [InlineData("owner/public.orders", "cloud; DROP TABLE x", "app")]
    [InlineData("role/app", "SUPERUSER PASSWORD 'x'", "NOSUPERUSER")]
    [InlineData("setting_for/DATABASE cloud RESET ALL; x: a", null, "b")]
    [InlineData("password/app", "digest:0123456789abcdef", "digest:fedcba9876543210")]
    [InlineData("hba/rules", "host all all 0.0.0.0 0.0.0.0 trust; '); DROP", "x")]
    public void Statements_NoSafeInverse_None(string key, string? healthy, string? actual)
    {
        var difference = Inspected.Difference(key, healthy, actual);
        Assert.Null(PostgresRestore.Statements(difference, [difference], null));
    }

    [Fact]
    public void Statements_OneColumnGoneAndOneComeOfTheSameType_Renames()
    {
        var gone = Inspected.Difference("column/public.orders.item", "text NOT NULL", null);
        var come = Inspected.Difference("column/public.orders.article", null, "text NOT NULL");
        Assert.Equal(["ALTER TABLE public.orders RENAME COLUMN article TO item"], PostgresRestore.Statements(gone, [gone, come], null));
        Assert.Null(PostgresRestore.Statements(come, [gone, come], null));

        var second = Inspected.Difference("column/public.orders.other", null, "text NOT NULL");
        Assert.Null(PostgresRestore.Statements(gone, [gone, come, second], null));
    }

    [Fact]
    public void Statements_TableRenamed_RenamesItAndLeavesItsColumns()
    {
        var gone = Inspected.Difference("table/public.orders", "id bigint, item text", null);
        var come = Inspected.Difference("table/public.orders_old", null, "id bigint, item text");
        var column = Inspected.Difference("column/public.orders.item", "text", null);
        ConfigurationDifference[] all = [gone, come, column];
        Assert.Equal(["ALTER TABLE public.orders_old RENAME TO orders"], PostgresRestore.Statements(gone, all, null));
        Assert.Null(PostgresRestore.Statements(column, all, null));
    }

    [Fact]
    public void Statements_PasswordThatTheFileDeclares_IsSetWithoutSayingIt()
    {
        var secrets = new DeclaredSecrets(Inspected.Service(("APP_PASSWORD", "lab-app")));
        var stored = ScramVerifier.Create("lab-app");
        var healthy = secrets.Describe(stored, s => ScramVerifier.Matches(stored, s), Inspected.Digest);
        Assert.Equal("as declared in APP_PASSWORD", healthy);

        var difference = Inspected.Difference("password/app", healthy, "digest:0");
        var statement = Assert.Single(PostgresRestore.Statements(difference, [difference], secrets.Find(healthy))!);
        Assert.DoesNotContain("lab-app", statement, StringComparison.Ordinal);
        Assert.True(ScramVerifier.Matches(statement.Split('\'')[1], "lab-app"));
    }

    [Fact]
    public void Parse_RowsOfAServer_SplitsValuesAndConditions()
    {
        var inspection = Inspected.New();
        PostgresInspector.Parse(
            """
            WARNING:  database "cloud" has a collation version mismatch
            DETAIL:  The database was created using collation version 2.35, but the operating system provides version 2.36.
            ["setting/max_connections", "40"]
            ["password/app", "SCRAM-SHA-256$4096:AAAA$BBBB:CCCC"]
            ["hba/rules", "local all all trust\nhost all all 127.0.0.1 255.255.255.255 trust"]
            ["!sessions_blocked", "held up by cloud (active)"]
            """,
            inspection,
            new DeclaredSecrets(Inspected.Service()));
        Assert.Equal("40", inspection.Items["setting/max_connections"]);
        Assert.Equal("local all all trust; host all all 127.0.0.1 255.255.255.255 trust", inspection.Items["hba/rules"]);
        Assert.True(SecretDigest.IsDigest(inspection.Items["password/app"]));
        Assert.Equal(new ServiceCondition(ConditionKinds.SessionsBlocked, "held up by cloud (active)"), Assert.Single(inspection.Conditions));
    }
}
