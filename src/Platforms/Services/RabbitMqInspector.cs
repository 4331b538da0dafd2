using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Services;

/// <summary>Reads a RabbitMQ broker's definitions, limits, alarms and queues in one call.</summary>
internal sealed class RabbitMqInspector(RabbitMqAdmin admin, DeclaredSecrets secrets) : ISoftwareInspector
{
    public const string Kind = "rabbitmq";

    private const int SaltBytes = 4;
    private const double NearlyAll = 0.98;

    /// <summary>All that is asked for, as JSON in base64: printed terms have no such form of their own.</summary>
    private const string Everything =
        """
        S = fun(T) -> iolist_to_binary(io_lib:format("~0p", [T])) end,
        Limit = case vm_memory_monitor:get_vm_memory_high_watermark() of {absolute, A} -> [<<"absolute">>, S(case catch rabbit_resource_monitor_misc:parse_information_unit(A) of {ok, B} -> B; _ -> A end)]; R -> [<<"fraction">>, S(R)] end,
        Queues = [#{name => element(4, amqqueue:get_name(Q)), vhost => element(2, amqqueue:get_name(Q)),
            messages => proplists:get_value(messages, I, 0), consumers => proplists:get_value(consumers, I, 0), state => S(proplists:get_value(state, I, running))}
          || Q <- rabbit_amqqueue:list(), I <- [try rabbit_amqqueue:info(Q, [messages, consumers, state]) catch _:_ -> [{state, down}] end]],
        base64:encode(iolist_to_binary(rabbit_json:encode(#{definitions => rabbit_definitions:all_definitions(), memory => Limit,
          disk => S(rabbit_disk_monitor:get_disk_free_limit()), alarms => [S(X) || X <- rabbit_alarm:get_alarms()], state => Queues}))).
        """;

    private static readonly (string Plural, string Area)[] Kinds =
    [
        ("users", "user"), ("vhosts", "vhost"), ("permissions", "permission"), ("topic_permissions", "topic_permission"), ("parameters", "parameter"),
        ("global_parameters", "global_parameter"), ("policies", "policy"), ("queues", "queue"), ("exchanges", "exchange"), ("bindings", "binding"),
    ];

    // The cluster's own name is made by the broker and means nothing here.
    private static readonly string[] Volatile = ["internal_cluster_id", "cluster_name"];

    string ISoftwareInspector.Kind => Kind;

    public async Task ReadAsync(Inspection inspection, CancellationToken cancellationToken)
    {
        try
        {
            Parse(Decode(await admin.EvaluateAsync(Everything, cancellationToken)), inspection, secrets);
        }
        catch (Exception error) when (error is JsonException or FormatException or InvalidOperationException)
        {
            throw new PlatformException($"rabbitmqctl printed what cannot be read: {error.Message}", retryable: false, error);
        }
    }

    public bool CanRestore(ConfigurationDifference difference, IReadOnlyList<ConfigurationDifference> all) => RabbitMqRestore.Command(difference, secrets) is not null;

    public async Task<ConfigurationRestored?> RestoreAsync(ConfigurationDifference difference, IReadOnlyList<ConfigurationDifference> all, CancellationToken cancellationToken)
    {
        if (RabbitMqRestore.Command(difference, secrets) is not { } command)
        {
            return null;
        }

        await admin.ControlAsync(command, cancellationToken);
        return new ConfigurationRestored($"{difference.Key} put back");
    }

    /// <summary>The stored form of a password: base64 of a salt of four bytes and SHA-256 of salt and password.</summary>
    internal static string PasswordHash(string password, byte[] salt) =>
        Convert.ToBase64String([.. salt, .. SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes(password)])]);

    internal static JsonElement Decode(string base64) => JsonSerializer.Deserialize<JsonElement>(Convert.FromBase64String(base64));

    internal static void Parse(JsonElement answer, Inspection inspection, DeclaredSecrets secrets)
    {
        inspection.Read([.. Kinds.Select(k => k.Area), "password", "limit"]);
        var definitions = JsonSerializer.SerializeToNode(answer.GetProperty("definitions"))!.AsObject();
        foreach (var (plural, area) in Kinds)
        {
            foreach (var item in definitions[plural]?.AsArray().OfType<JsonObject>() ?? [])
            {
                Add(area, item, inspection, secrets);
            }
        }

        inspection.Add("limit", "memory", string.Join(' ', answer.GetProperty("memory").EnumerateArray().Select(e => e.GetString()!.Trim('"'))));
        inspection.Add("limit", "disk", answer.GetProperty("disk").GetString()!);
        foreach (var alarm in answer.GetProperty("alarms").EnumerateArray())
        {
            inspection.Add(new ServiceCondition(ConditionKinds.ResourceAlarm, "alarm " + alarm.GetString()));
        }

        foreach (var queue in answer.GetProperty("state").EnumerateArray())
        {
            AddState(queue, definitions, inspection);
        }
    }

    private static void Add(string area, JsonObject item, Inspection inspection, DeclaredSecrets secrets)
    {
        var name = NameOf(area, item);
        if (Volatile.Contains(name, StringComparer.Ordinal))
        {
            return;
        }

        if (area == "user" && item.Remove("password_hash", out var stored) && stored?.GetValue<string>() is { Length: > 0 } hash)
        {
            inspection.Add("password", name, secrets.Describe(hash, s => IsMadeFrom(hash, s), inspection.Digest));
        }

        inspection.Add(area, name, Sorted(item)!.ToJsonString());
    }

    private static bool IsMadeFrom(string hash, string password)
    {
        var bytes = Convert.FromBase64String(hash);
        return bytes.Length > SaltBytes && PasswordHash(password, bytes[..SaltBytes]) == hash;
    }

    private static string NameOf(string area, JsonObject item)
    {
        string Text(string field) => item[field] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
        return area switch
        {
            "permission" => $"{Text("user")} at {Text("vhost")}",
            "topic_permission" => $"{Text("user")} at {Text("vhost")} {Text("exchange")}",
            "binding" => $"{Text("source")} to {Text("destination_type")} {Text("destination")} at {Text("vhost")} key '{Text("routing_key")}'",
            "parameter" => $"{Text("component")} {Text("name")} at {Text("vhost")}",
            "user" or "vhost" or "global_parameter" => Text("name"),
            _ => $"{Text("name")} at {Text("vhost")}",
        };
    }

    private static void AddState(JsonElement queue, JsonObject definitions, Inspection inspection)
    {
        var (name, vhost) = (queue.GetProperty("name").GetString()!, queue.GetProperty("vhost").GetString()!);
        var (messages, consumers) = (queue.GetProperty("messages").GetInt64(), queue.GetProperty("consumers").GetInt64());
        var declared = definitions["queues"]?.AsArray().OfType<JsonObject>().FirstOrDefault(q => q["name"]?.GetValue<string>() == name && q["vhost"]?.GetValue<string>() == vhost)?["arguments"];
        if (declared?["x-max-length"]?.GetValue<long>() is > 0 and var limit && messages >= limit * NearlyAll)
        {
            inspection.Add(new ServiceCondition(ConditionKinds.QueueFull, string.Create(CultureInfo.InvariantCulture, $"queue {name} holds {messages} messages, and may hold {limit}")));
        }

        // A queue that others are dead-lettered to is not meant to be consumed.
        var isDeadLetters = definitions["bindings"]?.AsArray().OfType<JsonObject>().Any(b => b["destination"]?.GetValue<string>() == name
            && definitions["queues"]!.AsArray().OfType<JsonObject>().Any(q => q["arguments"]?["x-dead-letter-exchange"]?.GetValue<string>() == b["source"]?.GetValue<string>())) == true;
        if (messages > 0 && consumers == 0 && !isDeadLetters)
        {
            inspection.Add(new ServiceCondition(ConditionKinds.NoConsumers, string.Create(CultureInfo.InvariantCulture, $"queue {name} holds {messages} messages, and nobody takes them")));
        }
    }

    /// <summary>Erlang maps have no order of their own.</summary>
    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => KeyValuePair.Create(f.Key, Sorted(f.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}
