using System.Text.Json;
using Quorate.Tests.Integration.Messaging;

namespace Quorate.Tests.Integration.Cli;

[Collection(RabbitMqTestGroup.Name)]
public sealed class MessagesTests(RabbitMqFixture broker) : IDisposable
{
    private static readonly string Jobs = Path.Combine(QuorateCli.Root, "lab/workloads/jobs-30.json");
    private static readonly string Cluster = Path.Combine(QuorateCli.Root, "lab/clusters/five-agents.json");
    private readonly QuorateCli _cli = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Messages_AgentWasCutOff_ListedWithTheReasonAndSentAgain()
    {
        var faults = Path.Combine(_cli.Home, "cut.json");
        await File.WriteAllTextAsync(faults, """{"schedule": [{"agent": "STORAGE_SPECIALIST", "kind": "partition", "round": 1, "rounds": 1000000}]}""", Token);
        var (placed, _) = await _cli.JsonAsync(Token, "place", Jobs, "--cluster", Cluster, "--faults", faults);

        // The jobs that fit nowhere but in its pool are not placed.
        Assert.Equal(1, placed);
        var letters = await ListAsync();
        Assert.NotEmpty(letters);
        Assert.All(letters, l => Assert.Equal("deadline", l.GetProperty("reason").GetString()));
        Assert.All(letters, l => Assert.StartsWith("opinions/place-", l.GetProperty("conversation").GetString(), StringComparison.Ordinal));
        Assert.All(letters, l => Assert.Contains("STORAGE_SPECIALIST", new[] { l.GetProperty("sender").GetString(), l.GetProperty("receivers")[0].GetString() }));
        Assert.All(letters, l => Assert.InRange(l.GetProperty("attempts").GetInt32(), 1, 1_000));
        Assert.All(letters, l => Assert.InRange(l.GetProperty("age_s").GetDouble(), 0, 600));

        var unknown = await _cli.RunAsync(Token, "messages", "redrive", "opinions/none/1/a/b/1");
        Assert.Equal(2, unknown.Code);
        Assert.Contains("opinions/none/1/a/b/1", unknown.Stderr, StringComparison.Ordinal);

        var first = letters[0].GetProperty("id").GetString()!;
        var (redriven, document) = await _cli.JsonAsync(Token, "messages", "redrive", first);
        Assert.Equal((0, first), (redriven, Assert.Single(document.GetProperty("redriven").EnumerateArray()).GetString()));
        Assert.DoesNotContain(first, (await ListAsync()).Select(l => l.GetProperty("id").GetString()));
        Assert.Equal(letters.Count - 1, (await ListAsync()).Count);
        var (all, rest) = await _cli.JsonAsync(Token, "messages", "redrive", "--all");
        Assert.Equal((0, letters.Count - 1), (all, rest.GetProperty("redriven").GetArrayLength()));
        Assert.Empty(await ListAsync());

        // They go out with the next run, arrive, and are settled.
        var (again, _) = await _cli.JsonAsync(Token, "place", Jobs, "--cluster", Cluster);
        Assert.Equal(0, again);
        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task Place_OverTheBrokerOfTheEnvironment_PlacesAllAndShowsNoPassword()
    {
        _cli.Environment["MY_BROKER"] = broker.Address.ToString();
        var placed = await _cli.RunAsync(Token, "place", Jobs, "--cluster", Cluster, "--broker", "MY_BROKER", "--json");
        Assert.Equal(0, placed.Code);
        var jobs = JsonSerializer.Deserialize<JsonElement>(placed.Stdout).GetProperty("jobs").EnumerateArray().ToList();
        Assert.All(jobs, j => Assert.Equal("placed", j.GetProperty("outcome").GetString()));
        Assert.DoesNotContain("guest:guest", placed.Stdout + placed.Stderr, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("amqp://user:secret@127.0.0.1/", 2, "broker_password")]
    [InlineData("http://127.0.0.1/", 2, "broker_address")]
    [InlineData("NO_SUCH_BROKER_VARIABLE", 3, "NO_SUCH_BROKER_VARIABLE")]
    [InlineData("amqp://127.0.0.1:1/", 3, "broker_unreachable")]
    public async Task Place_BrokerThatCannotBe_SaysSo(string address, int code, string named)
    {
        var result = await _cli.RunAsync(Token, "place", Jobs, "--cluster", Cluster, "--broker", address, "--json");
        Assert.Equal(code, result.Code);
        Assert.Contains(named, result.Stdout, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", result.Stdout + result.Stderr, StringComparison.Ordinal);
    }

    private async Task<List<JsonElement>> ListAsync()
    {
        var (code, document) = await _cli.JsonAsync(Token, "messages", "list", "--limit", "10000");
        Assert.Equal(0, code);
        return [.. document.GetProperty("messages").EnumerateArray()];
    }
}
