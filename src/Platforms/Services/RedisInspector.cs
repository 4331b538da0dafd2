using System.Globalization;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Services;

/// <summary>Reads a Redis server's configuration, role and users by redis-cli, and what it says is wrong now.</summary>
internal sealed class RedisInspector(RedisAdmin admin) : ISoftwareInspector
{
    public const string Kind = "redis";

    private const double NearlyAll = 0.98;

    // The role says it; neither can be set by CONFIG SET.
    private static readonly string[] OtherNames = ["replicaof", "slaveof"];

    string ISoftwareInspector.Kind => Kind;

    public async Task ReadAsync(Inspection inspection, CancellationToken cancellationToken)
    {
        try
        {
            var config = admin.CommandAsync(["CONFIG", "GET", "*"], cancellationToken);
            var users = admin.CommandAsync(["ACL", "LIST"], cancellationToken);
            var info = admin.CommandAsync(["INFO"], cancellationToken);
            Parse(await config, await users, await info, inspection);
        }
        catch (PlatformException refused) when (IsDenied(refused.Message))
        {
            inspection.Add(new ServiceCondition(ConditionKinds.AdminDenied, refused.Message));
            throw;
        }
    }

    public bool CanRestore(ConfigurationDifference difference, IReadOnlyList<ConfigurationDifference> all) => Commands(difference) is not null;

    public async Task<ConfigurationRestored?> RestoreAsync(ConfigurationDifference difference, IReadOnlyList<ConfigurationDifference> all, CancellationToken cancellationToken)
    {
        if (Commands(difference) is not { } commands)
        {
            return null;
        }

        foreach (var command in commands)
        {
            await admin.CommandAsync(command, cancellationToken);
        }

        // A server that could not save refuses writes until it has saved.
        if (Fields(await admin.CommandAsync(["INFO", "persistence"], cancellationToken)).GetValueOrDefault("rdb_last_bgsave_status") == "err")
        {
            await admin.CommandAsync(["BGSAVE"], cancellationToken);
        }

        return new ConfigurationRestored($"{difference.Key} put back");
    }

    internal static void Parse(string config, string users, string info, Inspection inspection)
    {
        inspection.Read("setting", "user", "replication");
        var lines = config.Split('\n');
        // One name and one value a line; what follows the last line break is nothing.
        for (var i = 0; i + 1 < lines.Length; i += 2)
        {
            if (!OtherNames.Contains(lines[i], StringComparer.Ordinal) && lines[i].Length > 0)
            {
                inspection.Add("setting", lines[i], lines[i + 1]);
            }
        }

        foreach (var user in users.Split('\n').Where(u => u.StartsWith("user ", StringComparison.Ordinal)))
        {
            var words = user.Split(' ');
            inspection.Add("user", words[1], string.Join(' ', words.Skip(2).Select(w => w is ['#' or '>', ..] ? inspection.Digest.Of(w) : w)));
        }

        var fields = Fields(info);
        inspection.Add("replication", "role", fields.GetValueOrDefault("role", "unknown"));
        foreach (var condition in Conditions(fields))
        {
            inspection.Add(condition);
        }
    }

    private static IEnumerable<ServiceCondition> Conditions(Dictionary<string, string> info)
    {
        if (info.GetValueOrDefault("rdb_last_bgsave_status") == "err" || info.GetValueOrDefault("aof_last_write_status") == "err")
        {
            yield return new ServiceCondition(ConditionKinds.SaveFailed, "the last attempt to save its data failed");
        }

        if (Number(info, "maxmemory") is > 0 and var limit && Number(info, "used_memory") >= limit * NearlyAll && info.GetValueOrDefault("maxmemory_policy") == "noeviction")
        {
            yield return new ServiceCondition(ConditionKinds.ResourceAlarm, $"memory is used up ({limit:0} bytes), and nothing may be evicted");
        }

        if (Number(info, "maxclients") is > 0 and var clients && Number(info, "connected_clients") >= clients * NearlyAll)
        {
            yield return new ServiceCondition(ConditionKinds.SlotsUsedUp, $"{clients:0} clients are connected, which is the limit");
        }
    }

    /// <summary>Null when there is no safe inverse.</summary>
    internal static IReadOnlyList<IReadOnlyList<string>>? Commands(ConfigurationDifference difference)
    {
        var name = difference.Key[(difference.Area.Length + 1)..];
        return (difference.Area, difference.Healthy) switch
        {
            _ when SecretDigest.IsDigest(difference.Key) => null,
            ("user", { } healthy) => SetUser(name, healthy.Split(' '), difference.Actual?.Split(' ') ?? []),
            (_, var healthy) when SecretDigest.IsDigest(healthy) => null,
            ("setting", { } healthy) => [["CONFIG", "SET", name, healthy]],
            ("replication", "master") => [["REPLICAOF", "NO", "ONE"]],
            ("user", null) when name != "default" => [["ACL", "DELUSER", name]],
            _ => null,
        };
    }

    /// <summary>
    /// Passwords are known by digest only: where they are as they were, all but them is set anew. Null where more than
    /// passwords is known by digest only, or selectors (Redis 7) are part of it.
    /// </summary>
    private static IReadOnlyList<IReadOnlyList<string>>? SetUser(string name, string[] healthy, string[] actual)
    {
        var all = healthy.Concat(actual).ToList();
        if (!all.Exists(SecretDigest.IsDigest))
        {
            return [["ACL", "SETUSER", name, "reset", .. healthy]];
        }

        var (secrets, others) = (healthy.TakeWhile(w => !IsRule(w)).Where(SecretDigest.IsDigest), healthy.Where(w => !SecretDigest.IsDigest(w)));
        var now = actual.TakeWhile(w => !IsRule(w)).Where(SecretDigest.IsDigest);
        var hidden = healthy.SkipWhile(w => !IsRule(w)).Concat(actual.SkipWhile(w => !IsRule(w))).Any(SecretDigest.IsDigest);
        return hidden || all.Exists(w => w.StartsWith('(')) || !secrets.Order(StringComparer.Ordinal).SequenceEqual(now.Order(StringComparer.Ordinal)) ? null
            // Channels are known since Redis 6.2.
            : [["ACL", "SETUSER", name, "resetkeys", .. all.Exists(w => w.StartsWith('&')) ? ["resetchannels"] : Array.Empty<string>(), "-@all", .. others]];
    }

    /// <summary>What is not a flag or a password: keys, channels and commands, which follow those.</summary>
    private static bool IsRule(string word) => word is ['~' or '%' or '&' or '+' or '-' or '(', ..];

    private static bool IsDenied(string message) =>
        message.Contains("NOAUTH", StringComparison.Ordinal) || message.Contains("WRONGPASS", StringComparison.Ordinal) || message.Contains("NOPERM", StringComparison.Ordinal)
        || message.Contains("ERR AUTH", StringComparison.Ordinal) || message.Contains("invalid username-password", StringComparison.Ordinal);

    private static Dictionary<string, string> Fields(string info) => info.Split('\n')
        .Select(l => l.Split(':', 2)).Where(p => p.Length == 2).GroupBy(p => p[0]).ToDictionary(g => g.Key, g => g.First()[1].Trim(), StringComparer.Ordinal);

    private static double? Number(Dictionary<string, string> info, string name) =>
        double.TryParse(info.GetValueOrDefault(name), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
}
