namespace Quorate.Platforms.Services;

/// <summary>What PostgreSQL is asked: fixed statements. Names come quoted as SQL writes them, rows as JSON arrays of key and value.</summary>
internal static class PostgresQueries
{
    /// <summary>Areas that <see cref="Everything"/> reads.</summary>
    public static IReadOnlyList<string> Areas { get; } =
    [
        "setting", "setting_for", "role", "password", "member", "grant", "table", "owner", "column", "index", "constraint", "trigger",
        "rowsecurity", "policy", "rule", "extension", "database", "hba",
    ];

    private const string UserSchemas = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

    /// <summary>Sessions of others that hold up work: those that block somebody and wait for nobody themselves, and those that sit on a transaction with strong locks or changes.</summary>
    public const string Blockers =
        """
        SELECT a.pid, a.usename, a.state FROM pg_stat_activity a
        WHERE a.backend_type = 'client backend' AND a.pid <> pg_backend_pid() AND cardinality(pg_blocking_pids(a.pid)) = 0 AND (
          a.pid IN (SELECT unnest(pg_blocking_pids(w.pid)) FROM pg_stat_activity w WHERE w.wait_event_type = 'Lock' AND clock_timestamp() - w.query_start > interval '0.3 s')
          OR (clock_timestamp() - a.xact_start > interval '3 s' AND (
            (a.backend_xid IS NOT NULL AND a.state LIKE 'idle in transaction%')
            OR EXISTS (SELECT FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE l.pid = a.pid AND l.granted AND l.mode IN ('AccessExclusiveLock', 'ExclusiveLock') AND n.nspname !~ '^pg_' AND a.query !~* '^\s*(vacuum|reindex|alter|create|cluster)'))))
        """;

    /// <summary>Clients by the sessions they hold, when too few are left: of all, of a role's limit, or of a database's.</summary>
    public const string Crowds =
        """
        SELECT a.usename, a.application_name, a.client_addr, count(*) AS held FROM pg_stat_activity a
        WHERE a.backend_type = 'client backend' AND a.pid <> pg_backend_pid() AND (
          (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') >= current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
          OR (SELECT count(*) FROM pg_stat_activity s WHERE s.usesysid = a.usesysid) >= (SELECT nullif(r.rolconnlimit, -1) FROM pg_roles r WHERE r.oid = a.usesysid)
          OR (SELECT count(*) FROM pg_stat_activity s WHERE s.datid = a.datid AND s.backend_type = 'client backend') >= (SELECT nullif(d.datconnlimit, -1) FROM pg_database d WHERE d.oid = a.datid))
        GROUP BY 1, 2, 3 ORDER BY held DESC
        """;

    /// <summary>Ends blockers, and answers who they were. Chosen first: the planner may otherwise end a session before it looks at the other conditions.</summary>
    public const string EndBlockers =
        $"WITH chosen AS MATERIALIZED ({Blockers}) SELECT usename || ' (' || coalesce(state, 'no state') || ')' FROM chosen WHERE pg_terminate_backend(pid)";

    /// <summary>Ends the sessions of the client that holds most when none are left, unless they do something that began just now.</summary>
    public const string EndCrowd =
        $"""
        WITH crowd AS MATERIALIZED (SELECT * FROM ({Crowds}) c LIMIT 1), chosen AS MATERIALIZED (
          SELECT a.pid, a.usename, a.state FROM pg_stat_activity a
          JOIN crowd c ON c.usename = a.usename AND c.application_name = a.application_name AND c.client_addr IS NOT DISTINCT FROM a.client_addr
          WHERE a.backend_type = 'client backend' AND a.pid <> pg_backend_pid() AND (a.state <> 'active' OR clock_timestamp() - a.query_start > interval '2 s'))
        SELECT usename || ' (' || coalesce(state, 'no state') || ')' FROM chosen WHERE pg_terminate_backend(pid)
        """;

    private const string DatabaseRows =
        "SELECT 'database/' || quote_ident(datname) AS k, 'ALLOW_CONNECTIONS ' || datallowconn || ' CONNECTION LIMIT ' || datconnlimit AS v FROM pg_database WHERE NOT datistemplate";

    /// <summary>What can be asked in any database.</summary>
    public const string Databases = $"SELECT json_build_array(k, v) FROM ({DatabaseRows}) AS databases";

    /// <summary>What this very session has set otherwise is told by the files.</summary>
    private const string FileSettings = "pg_file_settings f JOIN pg_settings s ON s.name = f.name AND s.source IN ('client', 'session') WHERE f.applied";

    /// <summary>A setting as other sessions have it, by its name as a literal.</summary>
    public static string Effective(string name) => $"coalesce((SELECT f.setting FROM {FileSettings} AND f.name = {name}), current_setting({name}))";

    private const string Settings =
        $"""
        SELECT 'setting/' || name AS k, current_setting(name) AS v FROM pg_settings
          WHERE source IN ('configuration file', 'command line', 'environment variable', 'global', 'database', 'user', 'database user')
        UNION ALL SELECT 'setting/' || f.name, f.setting FROM {FileSettings}
        UNION ALL SELECT 'setting_for/' || CASE WHEN s.setrole = 0 THEN 'DATABASE ' || quote_ident(d.datname)
            ELSE 'ROLE ' || quote_ident(r.rolname) || CASE WHEN s.setdatabase = 0 THEN '' ELSE ' IN DATABASE ' || quote_ident(d.datname) END END
            || ': ' || split_part(c, '=', 1), substr(c, strpos(c, '=') + 1)
          FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) c LEFT JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole
          WHERE s.setrole <> 0 OR s.setdatabase <> 0
        UNION ALL {DatabaseRows}
        UNION ALL SELECT 'extension/' || quote_ident(extname), extversion FROM pg_extension
        UNION ALL SELECT 'hba/rules', string_agg(coalesce('error: ' || error, concat_ws(' ', type, array_to_string(database, ','), array_to_string(user_name, ','),
            address, netmask, auth_method, array_to_string(options, ' '))), E'\n' ORDER BY line_number) FROM pg_hba_file_rules
        """;

    private const string Roles =
        """
        SELECT 'role/' || quote_ident(rolname), concat_ws(' ', CASE WHEN rolsuper THEN 'SUPERUSER' ELSE 'NOSUPERUSER' END, CASE WHEN rolinherit THEN 'INHERIT' ELSE 'NOINHERIT' END,
            CASE WHEN rolcreaterole THEN 'CREATEROLE' ELSE 'NOCREATEROLE' END, CASE WHEN rolcreatedb THEN 'CREATEDB' ELSE 'NOCREATEDB' END,
            CASE WHEN rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END, CASE WHEN rolreplication THEN 'REPLICATION' ELSE 'NOREPLICATION' END,
            CASE WHEN rolbypassrls THEN 'BYPASSRLS' ELSE 'NOBYPASSRLS' END, 'CONNECTION LIMIT ' || rolconnlimit, 'VALID UNTIL ''' || coalesce(rolvaliduntil, 'infinity') || '''')
          FROM pg_roles WHERE rolname !~ '^pg_'
        UNION ALL SELECT 'password/' || quote_ident(rolname), rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL
        UNION ALL SELECT 'member/' || quote_ident(m.rolname) || ' in ' || quote_ident(g.rolname), CASE WHEN a.admin_option THEN 'with admin option' ELSE 'member' END
          FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member JOIN pg_roles g ON g.oid = a.roleid WHERE m.rolname !~ '^pg_'
        UNION ALL SELECT 'grant/' || o.name || ' to ' || CASE WHEN (o.a).grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid((o.a).grantee)) END,
            string_agg((o.a).privilege_type || CASE WHEN (o.a).is_grantable THEN '*' ELSE '' END, ', ' ORDER BY (o.a).privilege_type)
          FROM (
            SELECT CASE WHEN c.relkind = 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || format('%I.%I', n.nspname, c.relname) AS name,
                aclexplode(coalesce(c.relacl, acldefault(CASE WHEN c.relkind = 'S' THEN 's' ELSE 'r' END::"char", c.relowner))) AS a
              FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND {user}
            UNION ALL SELECT 'SCHEMA ' || quote_ident(n.nspname), aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) FROM pg_namespace n WHERE {user}
            UNION ALL SELECT 'DATABASE ' || quote_ident(d.datname), aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) FROM pg_database d WHERE d.datname = current_database()
            UNION ALL SELECT 'FUNCTION ' || p.oid::regprocedure::text, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner)))
              FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prokind = 'f' AND {user}
          ) o GROUP BY 1
        """;

    private const string Schema =
        """
        SELECT 'table/' || format('%I.%I', n.nspname, c.relname), string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum)
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {user} GROUP BY n.nspname, c.relname
        UNION ALL SELECT 'owner/' || format('%I.%I', n.nspname, c.relname), quote_ident(pg_get_userbyid(c.relowner))
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND {user}
        UNION ALL SELECT 'column/' || format('%I.%I.%I', n.nspname, c.relname, a.attname), format_type(a.atttypid, a.atttypmod)
            || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END || CASE WHEN a.attidentity <> '' THEN ' IDENTITY' ELSE '' END || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE c.relkind IN ('r', 'p') AND {user}
        UNION ALL SELECT 'index/' || format('%I.%I', n.nspname, c.relname), pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END
          FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE {user} AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
        UNION ALL SELECT 'constraint/' || format('%I.%I.%I', n.nspname, c.relname, k.conname), pg_get_constraintdef(k.oid)
          FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {user}
        UNION ALL SELECT 'trigger/' || format('%I.%I.%I', n.nspname, c.relname, t.tgname), CASE t.tgenabled WHEN 'D' THEN 'disabled ' WHEN 'R' THEN 'replica ' WHEN 'A' THEN 'always ' ELSE '' END || pg_get_triggerdef(t.oid)
          FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal AND {user}
        UNION ALL SELECT 'rowsecurity/' || format('%I.%I', n.nspname, c.relname), CASE WHEN c.relrowsecurity THEN 'ENABLE' ELSE 'DISABLE' END || CASE WHEN c.relforcerowsecurity THEN ' FORCE' ELSE ' NO FORCE' END
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND {user}
        UNION ALL SELECT 'policy/' || format('%I.%I.%I', schemaname, tablename, policyname), concat_ws(' ', permissive, cmd, array_to_string(roles, ','), qual, with_check) FROM pg_policies
        UNION ALL SELECT 'rule/' || format('%I.%I.%I', schemaname, tablename, rulename), definition FROM pg_rules WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema'
        """;

    private const string Conditions =
        $"""
        SELECT '!sessions_blocked' AS k, 'held up by ' || string_agg(usename || ' (' || coalesce(state, 'no state') || ')', ', ') AS v FROM ({Blockers}) b HAVING count(*) > 0
        UNION ALL (SELECT '!slots_used_up', 'no connection is left; ' || usename || ' holds ' || held FROM ({Crowds}) c LIMIT 1)
        UNION ALL SELECT '!config_invalid', coalesce(sourcefile, '') || ' line ' || coalesce(sourceline, 0) || ': ' || error FROM pg_file_settings WHERE error IS NOT NULL AND NOT applied AND error <> 'setting could not be applied'
        UNION ALL SELECT '!config_invalid', 'pg_hba.conf line ' || line_number || ': ' || error FROM pg_hba_file_rules WHERE error IS NOT NULL
        """;

    /// <summary>What is wrong now. On its own, because it waits for no lock: definitions of a table cannot be read while somebody holds it.</summary>
    public const string Wrong = $"SET statement_timeout = '3s'; SELECT json_build_array(k, v) FROM ({Conditions}) AS wrong WHERE v IS NOT NULL";

    /// <summary>Each value as one row: a JSON array of key and value.</summary>
    public static string Everything { get; } =
        "SET statement_timeout = '3s'; SET lock_timeout = '1s'; SELECT json_build_array(k, v) FROM ("
        + string.Join(" UNION ALL ", Settings, Roles, Schema).Replace("{user}", UserSchemas, StringComparison.Ordinal)
        + ") AS everything WHERE v IS NOT NULL";
}
