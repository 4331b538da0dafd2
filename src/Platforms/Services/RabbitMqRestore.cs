using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Services;

/// <summary>
/// The rabbitmqctl command that puts one difference of a broker back. Pure but for a password's salt. What is
/// imported or set goes in base64 into a fixed expression, so nothing in it is ever code or an option.
/// </summary>
internal static partial class RabbitMqRestore
{
    /// <summary>Null when there is no safe inverse: a queue or exchange that was not there before may hold what somebody needs.</summary>
    public static IReadOnlyList<string>? Command(ConfigurationDifference difference, DeclaredSecrets secrets)
    {
        if (SecretDigest.IsDigest(difference.Key) || SecretDigest.IsDigest(difference.Healthy))
        {
            return null;
        }

        var name = difference.Key[(difference.Area.Length + 1)..];
        return (difference.Area, difference.Healthy) switch
        {
            ("limit", { } healthy) => Limit(name, healthy),
            ("password", { } healthy) when secrets.Find(healthy) is { } secret => Eval(
                "rabbit_auth_backend_internal:change_password_hash(base64:decode(\"{0}\"), base64:decode(\"{1}\"))",
                Encoding.UTF8.GetBytes(name), Convert.FromBase64String(RabbitMqInspector.PasswordHash(secret, RandomNumberGenerator.GetBytes(4)))),
            ("user", { } healthy) => User(name, healthy, difference.Actual),
            ("policy", null) when TwoNames(name) is var (policy, vhost) => ["clear_policy", "-p", vhost, policy],
            ("permission", null) when TwoNames(name) is var (user, vhost) => ["clear_permissions", "-p", vhost, user],
            ("parameter", null) when ThreeNames().Match(name) is { Success: true } m => ["clear_parameter", "-p", m.Groups["vhost"].Value, m.Groups["component"].Value, m.Groups["name"].Value],
            ("queue" or "exchange", not null) when difference.Actual is not null => null,
            ("vhost" or "permission" or "topic_permission" or "parameter" or "global_parameter" or "policy" or "queue" or "exchange" or "binding", { } healthy) => Import(difference.Area, healthy),
            _ => null,
        };
    }

    private static string[]? Limit(string name, string healthy) => (name, healthy.Split(' ')) switch
    {
        ("memory", ["absolute", var size]) when Size().IsMatch(size) => ["set_vm_memory_high_watermark", "absolute", size],
        ("memory", ["fraction", var share]) when Size().IsMatch(share) => ["set_vm_memory_high_watermark", share],
        ("disk", [var size]) when Size().IsMatch(size) => ["set_disk_free_limit", size],
        _ => null,
    };

    /// <summary>Who is gone comes back without a password, which is put back as a difference of its own. Null: neither tags nor limits differ, or they are too long to be known.</summary>
    private static string[]? User(string name, string healthy, string? actual)
    {
        if (SecretDigest.IsDigest(actual))
        {
            return null;
        }

        var wanted = JsonNode.Parse(healthy)!.AsObject();
        if (actual is null)
        {
            wanted["password_hash"] = "";
            return Import("user", wanted);
        }

        var now = JsonNode.Parse(actual)!.AsObject();
        return !JsonNode.DeepEquals(wanted["tags"], now["tags"]) ? Eval(
                "rabbit_auth_backend_internal:set_tags(base64:decode(\"{0}\"), [binary_to_atom(T, utf8) || T <- rabbit_json:decode(base64:decode(\"{1}\"))], <<\"quorate\">>)",
                Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(new JsonArray([.. Tags(wanted["tags"]).Select(t => JsonValue.Create(t))]).ToJsonString()))
            : !JsonNode.DeepEquals(wanted["limits"], now["limits"]) ? Limits(name, wanted["limits"] as JsonObject ?? [])
            : null;
    }

    /// <summary>Setting adds to those that are there, so all go first.</summary>
    private static string[] Limits(string name, JsonObject limits) => limits.Count == 0
        ? Eval("rabbit_auth_backend_internal:clear_user_limits(base64:decode(\"{0}\"), <<\"all\">>, <<\"quorate\">>)", Encoding.UTF8.GetBytes(name))
        : Eval(
            "begin rabbit_auth_backend_internal:clear_user_limits(base64:decode(\"{0}\"), <<\"all\">>, <<\"quorate\">>), rabbit_auth_backend_internal:set_user_limits(base64:decode(\"{0}\"), base64:decode(\"{1}\"), <<\"quorate\">>) end",
            Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(limits.ToJsonString()));

    /// <summary>A list, or, before RabbitMQ 3.9, one string with commas.</summary>
    private static IEnumerable<string> Tags(JsonNode? tags) => tags is JsonArray list
        ? list.Select(t => (string)t!)
        : ((string?)tags ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string[] Import(string area, string healthy) => Import(area, JsonNode.Parse(healthy)!);

    private static string[] Import(string area, JsonNode healthy)
    {
        var plural = area == "policy" ? "policies" : area + "s";
        var definitions = new JsonObject { [plural] = new JsonArray(healthy) };
        return Eval("rabbit_definitions:import_raw(base64:decode(\"{0}\"))", Encoding.UTF8.GetBytes(definitions.ToJsonString()));
    }

    /// <summary>Only letters, digits and <c>+/=</c> get into the expression.</summary>
    private static string[] Eval(string expression, params byte[][] values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            expression = expression.Replace($"{{{i}}}", Convert.ToBase64String(values[i]), StringComparison.Ordinal);
        }

        return ["eval", $"ok = {expression}."];
    }

    private static (string First, string Second)? TwoNames(string name) =>
        name.LastIndexOf(" at ", StringComparison.Ordinal) is > 0 and var at ? (name[..at], name[(at + 4)..]) : null;

    [GeneratedRegex("^[0-9]+(?:\\.[0-9]+)?(?:[kKMGT]i?B?)?$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Size();

    [GeneratedRegex("^(?<component>[^ ]+) (?<name>.+) at (?<vhost>.+)$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex ThreeNames();
}
