using System.Text.Json;

namespace Quorate.Tests.Integration.Cli;

/// <summary>A task auctioned by the command line.</summary>
public class AuctionTests
{
    private static readonly string TaskFile = Path.Combine(QuorateCli.Root, "lab/workloads/reindex-auction.json");
    private static readonly string AgentsFile = Path.Combine(QuorateCli.Root, "lab/agents/indexers.json");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Auction_ShippedExample_WinnerPriceScoresAndCertificate()
    {
        using var cli = new QuorateCli();
        var proof = Path.Combine(cli.Home, "proof");
        var (code, result) = await cli.JsonAsync(Token, "auction", TaskFile, "--agents", AgentsFile, "--certificate", proof);
        Assert.True(code == 0, $"{result}");
        var winner = result.GetProperty("winner").GetString()!;
        var scores = result.GetProperty("scores").GetProperty(winner);
        foreach (var name in (string[])["overall", "cost", "quality", "performance", "reliability", "innovation"])
        {
            Assert.InRange(scores.GetProperty(name).GetDouble(), 0, 1);
        }

        Assert.InRange(result.GetProperty("price").GetDouble(), result.GetProperty("bid").GetProperty("cost").GetDouble(), 100);
        Assert.Equal(["above_reserve", "no_bid"], result.GetProperty("excluded").EnumerateArray().Select(e => e.GetProperty("reason").GetString()).Order());
        Assert.False(result.TryGetProperty("record", out _));

        var id = result.GetProperty("auction_id").GetString()!;
        var (verified, view) = await cli.JsonAsync(Token, "certificate", "verify", Path.Combine(proof, $"{id}.cert"), "--keys", Path.Combine(proof, $"{id}.keys"));
        Assert.Equal(0, verified);
        Assert.Equal(winner, view.GetProperty("item").GetProperty("payload").GetProperty("json").GetProperty("winner").GetString());

        var (file, keys, record) = (Path.Combine(proof, $"{id}.cert"), Path.Combine(proof, $"{id}.keys"), Path.Combine(proof, $"{id}.record.json"));
        (verified, view) = await cli.JsonAsync(Token, "certificate", "verify", file, "--keys", keys, "--record", record);
        Assert.True(verified == 0 && view.GetProperty("record").GetString()!.Contains("computed again", StringComparison.Ordinal), $"{view}");
        await File.WriteAllTextAsync(record, (await File.ReadAllTextAsync(record, Token)).Replace("\"cost\":55", "\"cost\":54", StringComparison.Ordinal), Token);
        (verified, view) = await cli.JsonAsync(Token, "certificate", "verify", file, "--keys", keys, "--record", record);
        Assert.Equal((1, false), (verified, view.GetProperty("valid").GetBoolean()));
    }

    [Theory]
    [InlineData("winner")]
    [InlineData("price")]
    [InlineData("dropped")]
    [InlineData("changed")]
    public async Task Auction_LyingAuctioneer_SameWinnerAndEvidence(string lie)
    {
        using var cli = new QuorateCli();
        var (_, honest) = await cli.JsonAsync(Token, "auction", TaskFile, "--agents", AgentsFile, "--alone");
        var (code, attacked) = await cli.JsonAsync(Token, "auction", TaskFile, "--agents", AgentsFile, "--alone", "--lying-auctioneer", lie);
        Assert.Equal(0, code);
        Assert.Equal(honest.GetProperty("winner").GetString(), attacked.GetProperty("winner").GetString());
        Assert.Equal(honest.GetProperty("price").GetDouble(), attacked.GetProperty("price").GetDouble());
        Assert.Equal(2, attacked.GetProperty("auctioneers").GetArrayLength());
        Assert.Equal(1, attacked.GetProperty("evidence").GetArrayLength());
    }

    [Fact]
    public async Task Auction_WithheldReveal_CountsAgainstTheAgentNextTime()
    {
        using var cli = new QuorateCli();
        var (_, first) = await cli.JsonAsync(Token, "auction", TaskFile, "--agents", AgentsFile, "--withhold", "gorse");
        Assert.Equal("not_revealed", first.GetProperty("evidence")[0].GetProperty("kind").GetString());
        var (_, second) = await cli.JsonAsync(Token, "auction", TaskFile, "--agents", AgentsFile);
        var (_, alone) = await cli.JsonAsync(Token, "auction", TaskFile, "--agents", AgentsFile, "--alone");
        Assert.True(Reliability(second) < Reliability(alone), "a bid that was never opened costs reliability");
        static double Reliability(JsonElement result) => result.GetProperty("scores").GetProperty("gorse").GetProperty("reliability").GetDouble();
    }

    [Fact]
    public async Task Auction_ForPeople_PhasesScoresWinnerAndSeals()
    {
        using var cli = new QuorateCli();
        var result = await cli.RunAsync(Token, "auction", TaskFile, "--agents", AgentsFile, "--explain");
        Assert.Equal((0, ""), (result.Code, result.Stderr));
        foreach (var expected in (string[])["capabilities", "bids", "evaluation", "award", "winner", "price", "risk", "sealed", "nonce", "above_reserve", "signed by"])
        {
            Assert.Contains(expected, result.Stdout, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Auction_NoBidWithinTheReserve_ExitOneWithTheReason()
    {
        using var cli = new QuorateCli();
        var file = Path.Combine(cli.Home, "task.json");
        await File.WriteAllTextAsync(file, """{"name":"cheap","requirements":{"max_cost":1,"max_duration_s":3600},"criteria_weights":{"cost":1}}""", Token);
        var (code, result) = await cli.JsonAsync(Token, "auction", file, "--agents", AgentsFile);
        Assert.Equal(1, code);
        Assert.All((string[])["winner", "bid", "price", "risk"], name => Assert.Equal(JsonValueKind.Null, result.GetProperty(name).ValueKind));
        Assert.Contains("bid that counts", result.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"name":"x","requirements":{"max_cost":1,"max_duration_s":1},"criteria_weights":{"cost":0}}""", "auction_task_invalid", "criteria_weights sum to 0")]
    [InlineData("""{"name":"x","requirements":{"max_cost":1,"max_duration_s":1},"criteria_weights":{"beauty":1}}""", "auction_task_invalid", "criteria_weights.beauty is unknown")]
    [InlineData("nonsense", "auction_task_invalid", "line 1")]
    public async Task Auction_WrongTask_ExitTwoNamingTheField(string task, string code, string expected)
    {
        using var cli = new QuorateCli();
        var file = Path.Combine(cli.Home, "task.json");
        await File.WriteAllTextAsync(file, task, Token);
        var (exit, document) = await cli.JsonAsync(Token, "auction", file, "--agents", AgentsFile);
        Assert.Equal((2, code), (exit, document.GetProperty("error").GetProperty("code").GetString()));
        Assert.Contains(expected, document.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Auction_UnknownNames_ExitTwo()
    {
        using var cli = new QuorateCli();
        var (exit, document) = await cli.JsonAsync(Token, "auction", TaskFile, "--agents", AgentsFile, "--withhold", "nobody");
        Assert.Equal((2, "agent_unknown"), (exit, document.GetProperty("error").GetProperty("code").GetString()));
        (exit, document) = await cli.JsonAsync(Token, "auction", TaskFile, "--agents", AgentsFile, "--lying-auctioneer", "politely");
        Assert.Equal((2, "lie_unknown"), (exit, document.GetProperty("error").GetProperty("code").GetString()));
        (exit, document) = await cli.JsonAsync(Token, "auction", "/nowhere/task.json", "--agents", AgentsFile);
        Assert.Equal((2, "auction_task_file"), (exit, document.GetProperty("error").GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Bench_FewBidders_FiguresOfAllParts()
    {
        using var cli = new QuorateCli();
        var (code, result) = await cli.JsonAsync(Token, "bench", "auction", "--bidders", "10", "--repeats", "50", "--whole", "1");
        Assert.Equal(0, code);
        Assert.Equal((10, 10), (result.GetProperty("bidders").GetInt32(), result.GetProperty("members").GetInt32()));
        Assert.True(result.GetProperty("evaluation_ms").GetDouble() > 0 && result.GetProperty("whole_ms").GetDouble() > 0);
    }
}
