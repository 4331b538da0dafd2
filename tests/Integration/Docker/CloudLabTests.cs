using System.Text.Json;

namespace Quorate.Tests.Integration.Docker;

/// <summary>The cloud lab for real: its Compose file as shipped, its images as built by lab/images/cloud.sh.</summary>
[Collection(EngineTests.Name)]
public class CloudLabTests
{
    private static readonly string[] Jobs = ["api", "cache", "db", "edge", "exporter", "prometheus", "queue", "worker"];

    /// <summary>One test, since bringing eight servers up is most of its time.</summary>
    [Fact]
    public async Task CloudLab_UpBrokenAndRepaired_ServesAndLeavesNothing()
    {
        await using var cloud = new CloudSite();
        var (up, status) = await cloud.RunAsync("site", "up");
        Assert.True(up == 0, $"the lab did not come up: {status}");
        Assert.Equal(Jobs.Length, status.GetProperty("services").GetArrayLength());

        await AssertOrdersFlowAsync(cloud);
        await AssertMetricsAsync(cloud);
        await AssertRepairedAsync(cloud, "cache", 201);
        await AssertRepairedAsync(cloud, "db", 503);

        var (down, _) = await cloud.RunAsync("site", "down", "--volumes");
        Assert.Equal(0, down);
        Assert.Equal("", await cloud.LeftoversAsync());
    }

    /// <summary>nginx, the api, PostgreSQL, RabbitMQ, the worker; and Redis, which keeps what is shipped.</summary>
    private static async Task AssertOrdersFlowAsync(CloudSite cloud)
    {
        var placed = await cloud.PlaceAsync(201);
        Assert.Equal("accepted", placed.GetProperty("status").GetString());
        var id = placed.GetProperty("id").GetInt64();
        await cloud.UntilAsync("CLOUD_EDGE_PORT", $"/orders/{id}", t => t.Contains("\"shipped\"", StringComparison.Ordinal));

        var container = await cloud.ContainerAsync("cache");
        var kept = await Command.MustAsync("docker", ["exec", container, "redis-cli", "GET", $"order:{id}"], null);
        Assert.Equal(id, JsonSerializer.Deserialize<JsonElement>(kept).GetProperty("id").GetInt64());
        await cloud.UntilAsync("CLOUD_EDGE_PORT", $"/orders/{id}", t => t.Contains("\"shipped\"", StringComparison.Ordinal));
        await cloud.UntilAsync("CLOUD_API_PORT", "/metrics", t => t.Contains("\ncloud_cache_hits_total ", StringComparison.Ordinal));
    }

    private static async Task AssertMetricsAsync(CloudSite cloud)
    {
        await cloud.UntilAsync("CLOUD_PROMETHEUS_PORT", "/api/v1/query?query=up", text =>
        {
            var series = JsonSerializer.Deserialize<JsonElement>(text).GetProperty("data").GetProperty("result").EnumerateArray().ToList();
            var living = series.Where(s => s.GetProperty("value")[1].GetString() == "1").Select(s => s.GetProperty("metric").GetProperty("job").GetString()!);
            return living.Order(StringComparer.Ordinal).SequenceEqual(Jobs);
        });
    }

    /// <summary>While the server is stopped an order is answered as said and health names it; triage starts it again.</summary>
    private static async Task AssertRepairedAsync(CloudSite cloud, string service, int answer)
    {
        await Command.MustAsync("docker", ["stop", "-t", "1", await cloud.ContainerAsync(service)], null);
        await cloud.PlaceAsync(answer);
        await cloud.UntilAsync("CLOUD_API_PORT", "/healthz", t => t.Contains("failing", StringComparison.Ordinal) && !t.Contains($"\"{service}\":\"ok\"", StringComparison.Ordinal));

        var (code, result) = await cloud.RunAsync("triage", "customers complain about the shop", "--yes");

        Assert.True(code == 0, result.ToString());
        Assert.Equal("resolved", result.GetProperty("outcome").GetString());
        Assert.Equal(service, result.GetProperty("root_service").GetString());
        await cloud.PlaceAsync(201);
    }
}
