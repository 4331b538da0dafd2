using System.Text;
using System.Text.Json;
using Quorate.Contracts.Sites;
using Quorate.Platforms.Services;

namespace Quorate.Tests.Unit.ServiceAdmin;

public sealed class RabbitMqTests
{
    /// <summary>As a broker of version 3.10 answered, shortened; cloud's password is lab-queue.</summary>
    private static string Answer(long messages, long consumers) => $$$"""
        {"definitions":{"rabbit_version":"3.10.8","users":[{"name":"cloud","password_hash":"{{{RabbitMqInspector.PasswordHash("lab-queue", [1, 2, 3, 4])}}}","hashing_algorithm":"rabbit_password_hashing_sha256","tags":["administrator"],"limits":{}}],
          "vhosts":[{"name":"/"}],"permissions":[{"vhost":"/","user":"cloud","write":".*","read":".*","configure":".*"}],"topic_permissions":[],"parameters":[],
          "global_parameters":[{"name":"internal_cluster_id","value":"rabbitmq-cluster-id-x"}],"policies":[],
          "queues":[{"name":"orders","vhost":"/","durable":true,"auto_delete":false,"arguments":{"x-queue-type":"quorum","x-dead-letter-exchange":"dead","x-max-length":100}},{"name":"dead","vhost":"/","durable":true,"auto_delete":false,"arguments":{}}],
          "exchanges":[{"name":"dead","vhost":"/","type":"fanout","durable":true,"auto_delete":false,"arguments":{}}],
          "bindings":[{"source":"dead","vhost":"/","destination":"dead","destination_type":"queue","routing_key":"","arguments":{}}]},
         "memory":["absolute","\"200MB\""],"disk":"50000000","alarms":["{resource_limit,memory,rabbit@queue}"],
         "state":[{"name":"orders","vhost":"/","messages":{{{messages}}},"consumers":{{{consumers}}},"state":"running"},{"name":"dead","vhost":"/","messages":3,"consumers":0,"state":"running"}]}
        """;

    private static readonly DeclaredSecrets Secrets = new(Inspected.Service(("RABBITMQ_DEFAULT_PASS", "lab-queue")));

    [Fact]
    public void Parse_BrokersAnswer_GivesValuesAndWhatIsWrong()
    {
        var inspection = Inspected.New();
        var printed = $"<<\"{Convert.ToBase64String(Encoding.UTF8.GetBytes(Answer(100, 0))).Insert(60, "\n  ")}\">>\n";
        RabbitMqInspector.Parse(RabbitMqInspector.Decode(RabbitMqAdmin.Quoted(printed)), inspection, Secrets);

        Assert.Equal("as declared in RABBITMQ_DEFAULT_PASS", inspection.Items["password/cloud"]);
        Assert.Equal("absolute 200MB", inspection.Items["limit/memory"]);
        Assert.Contains("\"source\":\"dead\"", inspection.Items["binding/dead to queue dead at / key ''"], StringComparison.Ordinal);
        Assert.DoesNotContain(inspection.Items, i => i.Key.Contains("cluster", StringComparison.Ordinal) || i.Value.Contains("\"password_hash\"", StringComparison.Ordinal));
        // The queue of dead letters has no consumer by design.
        Assert.Equal([ConditionKinds.ResourceAlarm, ConditionKinds.QueueFull, ConditionKinds.NoConsumers], inspection.Conditions.Select(c => c.Kind));
    }

    [Fact]
    public void Command_ObjectGone_ImportsItAsData()
    {
        var healthy = "{\"name\":\"x\\\"). halt(). %\",\"vhost\":\"/\"}";
        var command = RabbitMqRestore.Command(Inspected.Difference("queue/x at /", healthy, null), Secrets)!;
        Assert.Equal("eval", command[0]);
        Assert.DoesNotContain("halt", command[1], StringComparison.Ordinal);
        var imported = Encoding.UTF8.GetString(Convert.FromBase64String(command[1].Split('"')[1]));
        Assert.Equal("x\"). halt(). %", JsonSerializer.Deserialize<JsonElement>(imported).GetProperty("queues")[0].GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("limit/memory", "absolute 200MB", "fraction 1.0e-5", "set_vm_memory_high_watermark absolute 200MB")]
    [InlineData("limit/memory", "fraction 0.4", "absolute 1", "set_vm_memory_high_watermark 0.4")]
    [InlineData("limit/disk", "50000000", "900000000000", "set_disk_free_limit 50000000")]
    [InlineData("policy/small at /", null, "{}", "clear_policy -p / small")]
    [InlineData("permission/stranger at /", null, "{}", "clear_permissions -p / stranger")]
    public void Command_KnownArea_PutsItBack(string key, string? healthy, string? actual, string command) =>
        Assert.Equal(command, string.Join(' ', RabbitMqRestore.Command(Inspected.Difference(key, healthy, actual), Secrets)!));

    [Theory]
    [InlineData("{\"tags\":[\"management\"],\"limits\":{}}", "{\"tags\":[],\"limits\":{}}", "set_tags", "[\"management\"]")]
    [InlineData("{\"tags\":\"a,b\"}", "{\"tags\":\"\"}", "set_tags", "[\"a\",\"b\"]")]
    [InlineData("{\"tags\":[],\"limits\":{}}", "{\"tags\":[],\"limits\":{\"max-channels\":0}}", "clear_user_limits", null)]
    [InlineData("{\"tags\":[],\"limits\":{\"max-channels\":9}}", "{\"tags\":[],\"limits\":{}}", "set_user_limits", "{\"max-channels\":9}")]
    public void Command_UserChanged_SetsWhatDiffers(string healthy, string actual, string function, string? value)
    {
        var command = RabbitMqRestore.Command(Inspected.Difference("user/-p app", healthy, actual), Secrets)!;
        Assert.Equal("eval", command[0]);
        Assert.Contains("rabbit_auth_backend_internal:" + function, command[1], StringComparison.Ordinal);
        Assert.DoesNotContain("app", command[1], StringComparison.Ordinal);
        List<string> said = [.. command[1].Split('"').Where((_, i) => i % 2 == 1).Where(s => s is not ("all" or "quorate")).Select(s => Encoding.UTF8.GetString(Convert.FromBase64String(s)))];
        Assert.Equal("-p app", said[0]);
        Assert.Equal(value, value is null ? null : said[^1]);
    }

    [Fact]
    public void Command_UserGone_IsMadeWithoutAPassword()
    {
        var command = RabbitMqRestore.Command(Inspected.Difference("user/cloud", "{\"name\":\"cloud\",\"tags\":[\"administrator\"]}", null), Secrets)!;
        var imported = JsonSerializer.Deserialize<JsonElement>(Convert.FromBase64String(command[1].Split('"')[1])).GetProperty("users")[0];
        Assert.Equal(("cloud", ""), (imported.GetProperty("name").GetString(), imported.GetProperty("password_hash").GetString()));
    }

    [Theory]
    [InlineData("queue/mine at /", null, "{}")]
    [InlineData("queue/orders at /", "{}", "{\"durable\":false}")]
    [InlineData("limit/memory", "absolute 1; halt()", "x")]
    [InlineData("user/app", "{\"tags\":[],\"hashing_algorithm\":\"a\"}", "{\"tags\":[],\"hashing_algorithm\":\"b\"}")]
    [InlineData("user/app", "{\"tags\":[]}", "{\"tags\":[\"aaaaa… digest:0123456789abcdef")]
    [InlineData("password/cloud", "digest:0123456789abcdef", "digest:0")]
    public void Command_NoSafeInverse_None(string key, string? healthy, string? actual) =>
        Assert.Null(RabbitMqRestore.Command(Inspected.Difference(key, healthy, actual), Secrets));

    [Fact]
    public void Command_PasswordThatTheFileDeclares_IsSetWithoutSayingIt()
    {
        var command = RabbitMqRestore.Command(Inspected.Difference("password/cloud", "as declared in RABBITMQ_DEFAULT_PASS", "digest:0"), Secrets)!;
        Assert.DoesNotContain("lab-queue", string.Join(' ', command), StringComparison.Ordinal);
        var hash = Convert.FromBase64String(command[1].Split('"')[3]);
        Assert.Equal(RabbitMqInspector.PasswordHash("lab-queue", hash[..4]), Convert.ToBase64String(hash));
    }
}
