using System.Text.Json;
using Quorate.Tests.Integration.Cli;

namespace Quorate.Tests.Integration.Ask;

/// <summary>The whole command against a panel of five models on real HTTP, of which one, two, or the aggregator are faulty.</summary>
public sealed class FaultTableTests : IAsyncLifetime
{
    private static readonly string[] Models = ["m1", "m2", "m3", "m4", "m5"];
    private PanelServer _server = null!;

    /// <summary>The fault, and how a member with it is reported: its status and the code of its error.</summary>
    public static TheoryData<string, string, string> Faults => new()
    {
        { "dead", "failed", "unreachable" },
        { "slow", "cancelled", "straggler" },
        { "403", "failed", "refused" },
        { "429", "failed", "rate_limited" },
        { "500", "failed", "server_error" },
        { "empty", "failed", "empty" },
        { "malformed", "failed", "malformed" },
        { "cut", "failed", "cut" },
        { "stalled", "cancelled", "straggler" },
        { "garbage", "failed", "malformed" },
        { "refusing", "excluded", "refusal" },
        { "injected", "excluded", "injected" },
        { "contradicting", "ok", "" },
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await PanelServer.StartAsync(Token);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Ask_OneOfFiveFaulty_AnswersAndSaysWho(string fault, string status, string code)
    {
        var result = await AskAsync(fault, ["m4"], "open");
        Check(result, ["m4"], status, code, "m1");
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Ask_TwoOfFiveFaulty_AnswersAndSaysWho(string fault, string status, string code)
    {
        var result = await AskAsync(fault, ["m3", "m5"], "open");
        Check(result, ["m3", "m5"], status, code, "m1");
        AssertVote(await AskAsync(fault, ["m3", "m5"], "yes-no"));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Ask_AggregatorFaulty_AnotherSummarises(string fault, string status, string code)
    {
        var result = await AskAsync(fault, ["m1"], "open");
        Check(result, ["m1"], status, code, "m2");
    }

    private static void Check(JsonElement result, string[] faulty, string status, string code, string aggregator)
    {
        var consensus = result.GetProperty("consensus");
        Assert.Equal(PanelServer.Fact, consensus.GetProperty("text").GetString());
        Assert.Equal(aggregator, consensus.GetProperty("aggregator").GetString());
        foreach (var response in result.GetProperty("responses").EnumerateArray())
        {
            var isFaulty = faulty.Contains(response.GetProperty("model").GetString());
            Assert.Equal(isFaulty ? status : "ok", response.GetProperty("status").GetString());
            Assert.Equal(isFaulty ? code : "", response.TryGetProperty("error", out var error) ? error.GetProperty("code").GetString() : "");
        }

        // A contradiction is a minority's right as a member; as the aggregator it is a fault.
        Assert.Equal(status != "ok" || aggregator != "m1", consensus.GetProperty("degraded").GetBoolean());
        Assert.Equal(status == "ok" ? faulty : [], result.GetProperty("dissent").EnumerateArray().Select(d => d.GetProperty("model").GetString()));
    }

    private static void AssertVote(JsonElement result)
    {
        Assert.Equal("yes", result.GetProperty("consensus").GetProperty("answer").GetString());
        Assert.StartsWith("Yes: 3 of ", result.GetProperty("consensus").GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    private async Task<JsonElement> AskAsync(string fault, string[] faulty, string type)
    {
        _server.Faults.Clear();
        _server.Calls.Clear();
        foreach (var model in faulty)
        {
            _server.Faults[model] = fault;
        }

        using var home = new AskHome(_server.Endpoint, Models, fault == "dead" ? faulty : []);
        var run = await QuorateCli.RunAsync(["ask", "Is the bridge safe?", "--type", type, "--json", "--config", home.Config, "--home", home.Folder], Token);
        Assert.True(run.ExitCode == 0, run.Error);
        // Each member once, the summary once for each candidate that was tried: nobody is asked twice for one thing.
        Assert.Equal(_server.Calls.Count, _server.Calls.Distinct().Count());
        return JsonDocument.Parse(run.Output).RootElement;
    }
}
