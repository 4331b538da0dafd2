namespace Quorate.Tests.Integration.Cli;

/// <summary>The shop as processes: each fault, a vague sentence, the rulebook alone, and the shop serves again.</summary>
public class TriageProcessTests(ProcessShop shared) : IClassFixture<ProcessShop>
{
    [Theory]
    [InlineData("crash:store", "orders are gone?? nobody can buy anything", "store")]
    [InlineData("crash:cache", "everything feels off since a minute", "cache")]
    [InlineData("pause:api", "alles hängt", "api")]
    [InlineData("db_conn_drift", "since the deploy nothing gets saved", "api")]
    [InlineData("stop:worker", "my order never ships", "worker")]
    [InlineData("bad_upstream", "the page shows errors", "edge")]
    [InlineData("data_readonly", "impossible de commander", "store")]
    [InlineData("data_full", "orders fail again", "store")]
    public async Task Triage_Fault_ResolvedAndServing(string fault, string words, string rootService)
    {
        var token = TestContext.Current.CancellationToken;
        var shop = await shared.NextAsync(token);
        var parts = fault.Split(':');
        await shop.InjectAsync(parts[0], token, parts.ElementAtOrDefault(1));
        await shop.AssertRepairedAsync(words, rootService, token);
    }

    [Fact]
    public async Task Triage_NothingWrong_NoFaultAndNoAction()
    {
        var token = TestContext.Current.CancellationToken;
        var shop = await shared.NextAsync(token);
        var before = await PidsAsync(shop, token);

        var (code, result) = await shop.TriageAsync("I think something is wrong with the shop?", token);

        Assert.Equal(0, code);
        Assert.Equal("no_fault", result.GetProperty("outcome").GetString());
        Assert.DoesNotContain(result.GetProperty("tasks").EnumerateArray(), t => Contracts.Plans.TaskCatalog.ChangesWorld(t.GetProperty("type").GetString()!));
        Assert.Equal(before, await PidsAsync(shop, token));
    }

    [Fact]
    public async Task Triage_WithoutYesAndTerminal_ChangesNothing()
    {
        var token = TestContext.Current.CancellationToken;
        var shop = await shared.NextAsync(token);
        await shop.InjectAsync("crash", token);

        var (code, result) = await shop.JsonAsync(token, "triage", "orders fail");

        Assert.Equal(1, code);
        Assert.Equal("unresolved", result.GetProperty("outcome").GetString());
        Assert.False(await shop.ServesAsync(token));
    }

    private static async Task<string> PidsAsync(ShopSite shop, CancellationToken token)
    {
        var (_, status) = await shop.JsonAsync(token, "site", "status");
        return string.Join(' ', status.GetProperty("services").EnumerateArray().Select(s => s.GetProperty("pid").GetInt32()));
    }
}
