using System.Text.Json;
using Quorate.Tests.Integration.Cli;
using Quorate.Tests.Integration.Models;

namespace Quorate.Tests.Integration.Harness;

/// <summary>The command as people and CI run it, on the shop as processes.</summary>
public class HarnessCommandTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_ThreeScenarios_PassReplayAndResume()
    {
        await using var shop = await ShopSite.UpAsync("process", Token);
        var records = Path.Combine(shop.Cli.Home, "records");
        var page = Path.Combine(shop.Cli.Home, "report.html");
        string[] run = ["harness", "run", "shop_crash", "shop_db_conn_drift", "shop_noop", "--platform", "process", "--record", records];

        var (code, batch) = await shop.Cli.JsonAsync(Token, [.. run, "--gate", "sr=1", "--report", page]);
        Assert.True(code == 0, batch.ToString());
        Assert.Equal((1.0, 1.0, 0), (batch.GetProperty("sr").GetDouble(), batch.GetProperty("sr_root").GetDouble(), batch.GetProperty("errors").GetInt32()));
        var rows = batch.GetProperty("scenarios").EnumerateArray().ToDictionary(s => s.GetProperty("name").GetString()!);
        Assert.Equal(0, rows["shop_noop"].GetProperty("tasks").GetProperty("actions").GetInt32());
        Assert.True(rows["shop_crash"].GetProperty("recovery_ms").GetDouble() > 3_000);
        Assert.Equal(JsonValueKind.Null, rows["shop_noop"].GetProperty("mrl_ms").ValueKind);
        Assert.Contains("<svg", await File.ReadAllTextAsync(page, Token), StringComparison.Ordinal);
        Assert.True(await shop.ServesAsync(Token));

        var (replayed, replay) = await shop.Cli.JsonAsync(Token, "harness", "replay", records);
        Assert.True(replayed == 0 && replay.GetProperty("identical").GetInt32() == 3, replay.ToString());

        var (resumed, again) = await shop.Cli.JsonAsync(Token, [.. run, "--resume"]);
        Assert.Equal((0, batch.GetProperty("scenarios").ToString()), (resumed, again.GetProperty("scenarios").ToString()));

        var trace = Directory.GetFiles(records, "planning.json", SearchOption.AllDirectories)[0];
        await File.WriteAllTextAsync(trace, (await File.ReadAllTextAsync(trace, Token)).Replace("stopped", "running", StringComparison.Ordinal) + " ", Token);
        var (tampered, found) = await shop.Cli.JsonAsync(Token, "harness", "replay", records);
        Assert.Equal((1, 2), (tampered, found.GetProperty("identical").GetInt32()));
    }

    [Fact]
    public async Task Run_DoNothing_RepairsNothingAndMissesTheGate()
    {
        await using var shop = await ShopSite.UpAsync("process", Token);
        var (code, batch) = await shop.Cli.JsonAsync(Token, "harness", "run", "shop_stop", "--platform", "process", "--arm", "nothing", "--gate", "sr=0.5", "--noise", "0");
        Assert.Equal((1, 0.0, 0.0), (code, batch.GetProperty("sr").GetDouble(), batch.GetProperty("sr_root").GetDouble()));
        Assert.True(await shop.ServesAsync(Token), "the site is put back");
    }

    /// <summary>Whatever a model says, only listed actions happen, reviewers look at each, and what does not help is taken back.</summary>
    [Fact]
    public async Task Run_ModelThatAlwaysProposesTheWorst_LeavesTheSiteNoWorse()
    {
        await using var server = await ScriptedModelServer.StartAsync(Token);
        await using var shop = await ShopSite.UpAsync("process", Token);
        shop.Cli.Environment["QUORATE_PLANNER__ENDPOINT"] = server.Endpoint.ToString();
        shop.Cli.Environment["QUORATE_PLANNER__MODEL"] = "worst";
        foreach (var plan in WorstPlan.Repeated(16, "edge", "api", "store", "cache", "worker"))
        {
            server.Says(plan);
        }

        var records = Path.Combine(shop.Cli.Home, "records");
        var (code, batch) = await shop.Cli.JsonAsync(Token, "harness", "run", "shop_stop", "--platform", "process", "--planner", "llm", "--noise", "0", "--record", records);
        Assert.True(code == 0 && batch.GetProperty("errors").GetInt32() == 0, batch.ToString());
        Assert.False(server.Calls.IsEmpty);
        await WorstPlan.AssertNoWorseAsync(Assert.Single(Directory.GetDirectories(records)), "queue", ["store", "cache"], Token);
        Assert.True(await shop.ServesAsync(Token), "the site is put back");

        var (replayed, replay) = await shop.Cli.JsonAsync(Token, "harness", "replay", records);
        Assert.True(replayed == 0, replay.ToString());
    }

    [Theory]
    [InlineData("unknown_scenario", "harness", "run", "shop_quake")]
    [InlineData("scenario_missing", "harness", "run")]
    [InlineData("gate_wrong", "harness", "run", "shop_crash", "--gate", "sr")]
    [InlineData("seeds_wrong", "harness", "run", "shop_crash", "--seed", "9..1")]
    [InlineData("scenario_not_on_platform", "harness", "run", "shop_data_full", "--platform", "docker")]
    [InlineData("planner_model", "harness", "run", "shop_crash", "--arm", "llm")]
    [InlineData("record_missing", "harness", "replay", "/tmp")]
    public async Task Harness_WrongInput_IsRefusedBeforeAnythingStarts(string code, params string[] args)
    {
        using var cli = new QuorateCli();
        var (exit, document) = await cli.JsonAsync(Token, args);
        Assert.Equal((2, code), (exit, document.GetProperty("error").GetProperty("code").GetString()));
    }
}
