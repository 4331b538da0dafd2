using System.Text.Json;
using Quorate.Platforms.Docker;
using Quorate.Platforms.Services;

namespace Quorate.Tests.Integration.Docker;

/// <summary>Faults inside real servers, made by hand, found by difference from the healthy cloud and taken back.</summary>
[Collection(EngineTests.Name)]
public class CloudDiagnosisTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>One test, since bringing eight servers up is most of its time.</summary>
    [Fact]
    public async Task Cloud_BrokenInsideItsServers_IsDiagnosedAndRepaired()
    {
        await using var cloud = new CloudSite();
        var (up, status) = await cloud.RunAsync("site", "up");
        Assert.True(up == 0, $"the lab did not come up: {status}");
        await AssertSteadyAsync(cloud);

        await AssertRepairedAsync(cloud, "db", "restore_config", "psql", "-q", "-U", "cloud", "-d", "cloud", "-c", "REVOKE SELECT, INSERT ON orders FROM app");
        await AssertRepairedAsync(cloud, "db", "restore_config", "psql", "-q", "-U", "cloud", "-d", "cloud", "-c", "ALTER TABLE orders RENAME COLUMN status TO state");
        await AssertRepairedAsync(cloud, "cache", "restore_config", "redis-cli", "CONFIG", "SET", "maxmemory", "1", "maxmemory-policy", "noeviction");
        await AssertRepairedAsync(cloud, "queue", "restore_config", "rabbitmqctl", "-q", "delete_queue", "orders");

        await AssertRefusesUnhealthyAsync(cloud);
    }

    /// <summary>Load, time and a restart change nothing that is looked at.</summary>
    private static async Task AssertSteadyAsync(CloudSite cloud)
    {
        using var platform = new DockerPlatform(cloud.Load(), new DockerOptions(), TimeProvider.System);
        var inspector = platform.CreateInspector(new SecretDigest(new byte[32]));
        var before = await inspector.CaptureAsync(Patience, Token);
        Assert.All(before.Services, s => Assert.Null(s.Failure));
        Assert.Equal(["container", "nginx", "postgresql", "rabbitmq", "redis"], before.Services.Select(s => s.Kind).Distinct().Order(StringComparer.Ordinal));
        Assert.DoesNotContain(before.Services.SelectMany(s => s.Items.Values), v => v.Contains("lab-", StringComparison.Ordinal));
        for (var i = 0; i < 20; i++)
        {
            await cloud.PlaceAsync(201);
        }

        Assert.Empty((await inspector.CaptureAsync(Patience, Token)).DifferencesFrom(before));
        await platform.RestartAsync("cache", "test", TimeProvider.System.GetUtcNow(), Token);
        await cloud.UntilAsync("CLOUD_API_PORT", "/healthz", t => t.Contains("\"cache\":\"ok\"", StringComparison.Ordinal));
        Assert.Empty((await inspector.CaptureAsync(Patience, Token)).DifferencesFrom(before));
    }

    private static async Task AssertRepairedAsync(CloudSite cloud, string service, string action, params string[] fault)
    {
        await Command.MustAsync("docker", ["exec", await cloud.ContainerAsync(service), .. fault], null);
        var (code, result) = await cloud.RunAsync("triage", "customers complain about the shop", "--planner", "rulebook", "--yes");
        Assert.True(code == 0, result.ToString());
        Assert.Equal("resolved", result.GetProperty("outcome").GetString());
        Assert.Equal(service, result.GetProperty("root_service").GetString());
        Assert.Contains(result.GetProperty("tasks").EnumerateArray(), t => Is(t, action, service));
        await cloud.PlaceAsync(201);
    }

    private static bool Is(JsonElement task, string type, string target) =>
        task.GetProperty("type").GetString() == type && task.GetProperty("target").GetString() == target && task.GetProperty("status").GetString() == "OK";

    private static async Task AssertRefusesUnhealthyAsync(CloudSite cloud)
    {
        await Command.MustAsync("docker", ["pause", await cloud.ContainerAsync("worker")], null);
        var (code, answer) = await cloud.RunAsync("site", "baseline");
        Assert.Equal(1, code);
        Assert.Contains(answer.GetProperty("unhealthy").EnumerateArray(), u => u.GetString()!.StartsWith("worker:", StringComparison.Ordinal));
        await Command.MustAsync("docker", ["unpause", await cloud.ContainerAsync("worker")], null);
    }
}
