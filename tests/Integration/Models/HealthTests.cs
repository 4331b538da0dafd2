using Microsoft.AspNetCore.Http;
using Quorate.Models;
using Quorate.Models.Health;

namespace Quorate.Tests.Integration.Models;

/// <summary>Heartbeats against a real server.</summary>
public sealed class HealthTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ProbeAll_ServerListsModels_IsHealthyWithoutAPrompt()
    {
        await using var server = await ScriptedModelServer.StartAsync(Cancelled);
        await using var panel = TestPanel.Create(server.Endpoint);
        var monitor = new HealthMonitor(() => panel.Panel, TimeProvider.System);
        Assert.Equal(HealthStatus.Unknown, monitor.Snapshot()[0].Status);
        var health = Assert.Single(await monitor.ProbeAllAsync(Cancelled));
        Assert.Equal(("m", HealthStatus.Healthy, 0), (health.Agent, health.Status, health.ConsecutiveFailures));
        Assert.NotNull(health.LastHeartbeat);
        Assert.True(health.LatencyMs > 0);
        Assert.Empty(server.Calls);
    }

    [Fact]
    public async Task ProbeAll_KeyIsRefused_FailsAndNamesTheVariable()
    {
        await using var server = await ScriptedModelServer.StartAsync(Cancelled);
        server.ListsModels = Answer(401);
        await using var panel = TestPanel.Create(server.Endpoint);
        var health = Assert.Single(await new HealthMonitor(() => panel.Panel, TimeProvider.System).ProbeAllAsync(Cancelled));
        Assert.Equal((HealthStatus.Degraded, 1, null), (health.Status, health.ConsecutiveFailures, health.LastHeartbeat));
        Assert.Contains(TestPanel.KeyVariable, health.LastError, StringComparison.Ordinal);
        Assert.DoesNotContain(TestPanel.Key, health.LastError, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, HealthStatus.Healthy)]
    [InlineData(false, HealthStatus.Degraded)]
    public async Task ProbeAll_ServerHasNoList_DependsOnATinyCallThatIsRecorded(bool answers, HealthStatus status)
    {
        await using var server = await ScriptedModelServer.StartAsync(Cancelled);
        server.ListsModels = Answer(404);
        _ = answers ? server.Says("pong") : server.Status(500);
        await using var panel = TestPanel.Create(server.Endpoint);
        Assert.Equal(status, Assert.Single(await new HealthMonitor(() => panel.Panel, TimeProvider.System).ProbeAllAsync(Cancelled)).Status);
        Assert.Single(panel.Runs);
        Assert.Equal(16, Assert.Single(server.Calls).Json.GetProperty("max_tokens").GetInt32());
    }

    [Fact]
    public async Task ProbeAll_AfterACallFailed_ListOfModelsIsNotEnough()
    {
        await using var server = await ScriptedModelServer.StartAsync(Cancelled);
        server.Status(403).Status(403).Says("pong");
        await using var panel = TestPanel.Create(server.Endpoint);
        var monitor = new HealthMonitor(() => panel.Panel, TimeProvider.System);
        await Assert.ThrowsAsync<ModelException>(() => panel.AskAsync("hello"));
        Assert.Equal(HealthStatus.Degraded, monitor.Snapshot()[0].Status);
        Assert.Equal(2, Assert.Single(await monitor.ProbeAllAsync(Cancelled)).ConsecutiveFailures);
        Assert.Equal(HealthStatus.Healthy, Assert.Single(await monitor.ProbeAllAsync(Cancelled)).Status);
        Assert.Equal(0, server.Listings);
    }

    [Fact]
    public async Task Snapshot_CallerSentABadRequest_IsNoSignOfIllness()
    {
        await using var server = await ScriptedModelServer.StartAsync(Cancelled);
        server.Says("fine").Status(400, "too long");
        await using var panel = TestPanel.Create(server.Endpoint);
        await panel.AskAsync("1");
        await Assert.ThrowsAsync<ModelException>(() => panel.AskAsync("2"));
        Assert.Equal((HealthStatus.Healthy, 0), (new HealthMonitor(() => panel.Panel, TimeProvider.System).Snapshot() is [var h] ? (h.Status, h.ConsecutiveFailures) : default));
    }

    [Fact]
    public async Task Run_ServerComesBack_IsFoundAfterAReset()
    {
        await using var server = await ScriptedModelServer.StartAsync(Cancelled);
        server.ListsModels = Answer(500);
        await using var panel = TestPanel.Create(server.Endpoint);
        var monitor = new HealthMonitor(() => panel.Panel, TimeProvider.System);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var running = monitor.RunAsync(stop.Token);
        await UntilAsync(() => monitor.Snapshot()[0].Status == HealthStatus.Degraded);
        server.ListsModels = Answer(200);
        Assert.Equal(HealthStatus.Unknown, monitor.Reset("m").Status);
        await UntilAsync(() => monitor.Snapshot()[0].Status == HealthStatus.Healthy);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private static Func<HttpContext, Task> Answer(int status) => context =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    };

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (var i = 0; i < 1_000 && !holds(); i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancelled);
        }

        Assert.True(holds());
    }
}
