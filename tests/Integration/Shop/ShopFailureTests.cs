using System.Text.Json;

namespace Quorate.Tests.Integration.Shop;

/// <summary>Each test has a shop of its own and breaks it.</summary>
public sealed class ShopFailureTests : IDisposable
{
    private readonly ShopProcesses shop = new();

    public void Dispose() => shop.Dispose();

    [Fact]
    public async Task Store_Killed_IsNamedUpToTheEdgeAndComesBackWithItsOrders()
    {
        await StartAsync();
        string before = (await shop.OrderAsync()).Body.GetProperty("id").GetString()!;
        shop.Kill("store");

        var (status, problem) = await shop.OrderAsync();
        Assert.Equal((503, "store"), (status, problem.GetProperty("dependency").GetString()));
        Assert.Contains("Connection refused", problem.GetProperty("error").GetString(), StringComparison.Ordinal);
        await shop.WaitForStatusAsync("edge", "/healthz", 503);
        Assert.Contains("Connection refused", await CheckAsync("api", "store"), StringComparison.Ordinal);
        Assert.Contains("503", await CheckAsync("edge", "api"), StringComparison.Ordinal);

        // A crash in the middle of a write leaves half a line behind.
        await File.AppendAllTextAsync(Path.Combine(shop.DataFolder, "store", "orders.jsonl"), "{\"id\":\"o-000", TestContext.Current.CancellationToken);
        shop.Start("store");
        await shop.WaitForStatusAsync("edge", "/healthz", 200);
        Assert.Equal(200, (await shop.SendAsync(HttpMethod.Get, "store", $"/orders/{before}")).Status);
        string after = (await shop.OrderAsync()).Body.GetProperty("id").GetString()!;
        Assert.True(string.CompareOrdinal(after, before) > 0);
        shop.Kill("store");
        shop.Start("store");
        await shop.WaitForStatusAsync("store", $"/orders/{after}", 200);
    }

    [Fact]
    public async Task Cache_Killed_OrdersGoOnAndHealthNamesIt()
    {
        await StartAsync();
        string id = (await shop.OrderAsync()).Body.GetProperty("id").GetString()!;
        shop.Kill("cache");
        Assert.Equal(200, (await shop.SendAsync(HttpMethod.Get, "edge", $"/orders/{id}")).Status);
        Assert.Equal(201, (await shop.OrderAsync()).Status);
        await shop.WaitForStatusAsync("api", "/healthz", 503);
        Assert.Contains("Connection refused", await CheckAsync("api", "cache"), StringComparison.Ordinal);
        Assert.Equal("ok", await CheckAsync("api", "store"));
    }

    [Fact]
    public async Task Queue_Killed_OrdersAreKeptButNotQueued()
    {
        await StartAsync();
        shop.Kill("queue");
        Assert.Equal(202, (await shop.OrderAsync()).Status);
        await shop.WaitForStatusAsync("api", "/healthz", 503);
        Assert.Contains("Connection refused", await CheckAsync("api", "queue"), StringComparison.Ordinal);
        await shop.WaitForStatusAsync("worker", "/healthz", 503);
    }

    [Fact]
    public async Task Worker_Killed_QueueGrowsAndSurvivesTheQueuesOwnDeath()
    {
        await StartAsync();
        shop.Kill("worker");
        await shop.OrderAsync();
        await shop.OrderAsync();
        Assert.Contains("shop_queue_depth 2\n", await shop.MetricsAsync("queue"), StringComparison.Ordinal);
        shop.Kill("queue");
        shop.Start("queue");
        await shop.WaitForStatusAsync("queue", "/healthz", 200);
        shop.Start("worker");
        await ShopProcesses.UntilAsync(async () => (await shop.MetricsAsync("queue")).Contains("shop_queue_depth 0\n", StringComparison.Ordinal), "an empty queue");
        var (_, orders) = await shop.SendAsync(HttpMethod.Get, "store", "/orders?status=accepted");
        Assert.Equal(0, orders.GetArrayLength());
    }

    [Fact]
    public async Task Api_WithAStoreThatDoesNotExist_LogsTheRealException()
    {
        await StartAsync();
        shop.Kill("api");
        shop.Start("api", ("STORE_URL", "http://store-old.invalid:7103"));
        await shop.WaitForStatusAsync("api", "/healthz", 503);
        Assert.InRange((await shop.OrderAsync()).Status, 503, 504);
        await ShopProcesses.UntilAsync(() => Task.FromResult(shop.Lines.Any(l => l.Contains("call to store failed", StringComparison.Ordinal))), "the failed call's line");
        JsonElement log = JsonDocument.Parse(shop.Lines.First(l => l.Contains("call to store failed", StringComparison.Ordinal))).RootElement;
        Assert.Equal("ERROR", log.GetProperty("level").GetString());
        JsonElement meta = log.GetProperty("meta");
        Assert.Equal("http://store-old.invalid:7103/", meta.GetProperty("address").GetString());
        Assert.Matches("HttpRequestException|TaskCanceledException", meta.GetProperty("exception").GetString()!);
    }

    [Fact]
    public async Task Store_WithMoreOrdersThanItKeeps_StaysBoundedOnDisk()
    {
        shop.Start("store", ("STORE_KEEP", "10"));
        await shop.WaitForStatusAsync("store", "/healthz", 200);
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(201, (await shop.SendAsync(HttpMethod.Post, "store", "/orders", """{"item":"tea","quantity":1}""")).Status);
        }
        string[] lines = await File.ReadAllLinesAsync(Path.Combine(shop.DataFolder, "store", "orders.jsonl"), TestContext.Current.CancellationToken);
        Assert.InRange(lines.Count(l => l.Length > 0), 10, 41);
        var (_, kept) = await shop.SendAsync(HttpMethod.Get, "store", "/orders?limit=100");
        Assert.Equal(10, kept.GetArrayLength());
        Assert.Equal("o-00000100", kept[0].GetProperty("id").GetString());
    }

    [Fact]
    public async Task Service_OnAPortThatIsTaken_SaysSoAndEnds()
    {
        shop.Start("cache");
        await shop.WaitForStatusAsync("cache", "/healthz", 200);
        shop.Start("queue", ("SHOP_PORT", shop.Url("cache").Port.ToString()));
        await ShopProcesses.UntilAsync(() => Task.FromResult(shop.Lines.Any(l => l.Contains("\"FATAL\"", StringComparison.Ordinal))), "a FATAL line");
        Assert.Contains(shop.Lines, l => l.Contains("address already in use", StringComparison.Ordinal));
    }

    private async Task StartAsync()
    {
        shop.StartAll();
        await shop.WaitForStatusAsync("edge", "/healthz", 200);
        await shop.WaitForStatusAsync("worker", "/healthz", 200);
    }

    private async Task<string> CheckAsync(string role, string name) =>
        (await shop.SendAsync(HttpMethod.Get, role, "/healthz")).Body.GetProperty("checks").GetProperty(name).GetString()!;
}
