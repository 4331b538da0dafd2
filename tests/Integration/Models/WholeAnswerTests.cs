using Microsoft.Extensions.AI;
using Quorate.Models;
using Quorate.Models.Panel;
using Quorate.Models.Pipeline;

namespace Quorate.Tests.Integration.Models;

/// <summary>A member's whole pipeline in front of a server that answers in one piece, or does not.</summary>
public sealed class WholeAnswerTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Status; content type; body; the failure's code; what its message must tell.</summary>
    public static TheoryData<int, string, string, string, string> Failures => new()
    {
        { 401, "application/json", "{\"error\":\"who?\"}", "refused", TestPanel.KeyVariable },
        { 403, "application/json", "", "refused", TestPanel.KeyVariable },
        { 402, "application/json", "", "refused", "no credit" },
        { 404, "application/json", "", "refused", "does not know test-model" },
        { 429, "application/json", "", "rate_limited", TestPanel.KeyVariable },
        { 500, "text/plain", "boom", "server_error", "boom" },
        { 200, "text/html", "<html>Sign in</html>", "malformed", "web page" },
        { 200, "application/json", "", "empty", "no text" },
        { 200, "application/json", "{\"choices\":[{\"message\":{\"content\":\" \"},\"finish_reason\":\"stop\"}]}", "empty", "another model" },
        { 200, "application/json", "{\"choices\":[{\"message\":{\"content\":null},\"finish_reason\":\"length\"}]}", "empty", "max_tokens" },
        { 200, "application/json", "{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":\"content_filter\"}]}", "filtered", "filter" },
        { 200, "application/json", "{\"choices\":[{\"message\":{\"content\":null,\"refusal\":\"I will not\"},\"finish_reason\":\"stop\"}]}", "filtered", "I will not" },
        { 200, "application/json", "{\"error\":{\"code\":502,\"message\":\"no upstream\"}}", "server_error", "no upstream" },
        { 200, "application/json", "{\"error\":{\"type\":\"rate_limit_exceeded\",\"message\":\"slow down\"}}", "rate_limited", "slow down" },
        { 200, "application/json", "{\"choices\":[{\"mess", "malformed", "not a chat completion" },
        { 200, "application/json", "[1,2]", "malformed", "not a chat completion" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task GetResponse_ServerFailsSo_ThrowsTheTypedFailureWithAdvice(int status, string type, string body, string code, string told)
    {
        await using var server = await ScriptedModelServer.StartAsync(Cancelled);
        server.Status(status, body, ("Content-Type", type));
        await using var panel = TestPanel.Create(server.Endpoint);
        var error = await Assert.ThrowsAsync<ModelException>(() => panel.AskAsync("hello"));
        Assert.Equal(code, error.Code);
        Assert.Contains(told, error.Message, StringComparison.Ordinal);
        Assert.Equal([code], panel.Runs.Select(r => r.Error));
    }

    [Fact]
    public async Task GetResponse_CapAndFormatOfTheAnswer_AreFailuresOnlyWhenDemanded()
    {
        const string Truncated = "{\"choices\":[{\"message\":{\"content\":\"half of\"},\"finish_reason\":\"length\"}]}";
        await using var server = await ScriptedModelServer.StartAsync(Cancelled);
        server.Status(200, Truncated).Status(200, Truncated).Says("no json");
        await using var panel = TestPanel.Create(server.Endpoint);
        Assert.Equal("half of", (await panel.AskAsync("hello")).Text);
        Assert.Equal(ModelFailure.Truncated, (await Assert.ThrowsAsync<ModelException>(() => panel.AskAsync("hello", new CallDemands { Whole = true }.In(null)))).Failure);
        var demands = new CallDemands { Problem = text => text.StartsWith('{') ? null : "not an object" };
        var error = await Assert.ThrowsAsync<ModelException>(() => panel.AskAsync("hello", demands.In(null)));
        Assert.Equal((ModelFailure.Malformed, "not an object", "no json"), (error.Failure, error.Message, error.Raw));
    }

    [Fact]
    public async Task GetResponse_SeveralFailures_OpenTheCircuitUntilReset()
    {
        await using var server = await ScriptedModelServer.StartAsync(Cancelled);
        server.Status(500).Status(500).Says("back");
        await using var panel = TestPanel.Create(server.Endpoint, new PipelineSettings { Cache = false, BreakerThreshold = 2 });
        await Assert.ThrowsAsync<ModelException>(() => panel.AskAsync("1"));
        await Assert.ThrowsAsync<ModelException>(() => panel.AskAsync("2"));
        Assert.Equal(ModelFailure.CircuitOpen, (await Assert.ThrowsAsync<ModelException>(() => panel.AskAsync("3"))).Failure);
        Assert.Equal(2, server.Calls.Count);
        new Quorate.Models.Health.HealthMonitor(() => panel.Panel, TimeProvider.System).Reset("m");
        Assert.Equal("back", (await panel.AskAsync("4")).Text);
    }

    [Fact]
    public async Task GetResponse_MoreCallsThanAllowed_WaitOrAreTurnedAway()
    {
        var running = 0;
        var most = 0;
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await ScriptedModelServer.StartAsync(Cancelled);
        for (var i = 0; i < 4; i++)
        {
            server.Then(async context =>
            {
                most = Math.Max(most, Interlocked.Increment(ref running));
                await gate.Task;
                Interlocked.Decrement(ref running);
                context.Response.ContentType = "application/json";
                await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, "{\"choices\":[{\"message\":{\"content\":\"ok\"},\"finish_reason\":\"stop\"}]}");
            });
        }

        await using var panel = TestPanel.Create(server.Endpoint, new PipelineSettings { Cache = false, Concurrency = 2, Queue = 2 });
        var calls = Enumerable.Range(0, 4).Select(i => panel.AskAsync($"{i}")).ToList();
        Assert.Equal(ModelFailure.RateLimited, (await Assert.ThrowsAsync<ModelException>(() => panel.AskAsync("too many"))).Failure);
        gate.SetResult();
        Assert.All(await Task.WhenAll(calls), r => Assert.Equal("ok", r.Text));
        Assert.InRange(most, 1, 2);
    }

    [Fact]
    public async Task GetResponse_Sampling_IsSentAsConfiguredAndRecorded()
    {
        await using var server = await ScriptedModelServer.StartAsync(Cancelled);
        server.Says("hi");
        await using var panel = TestPanel.Create(server.Endpoint, price: new TokenPrice(10, 20));
        var response = await panel.AskAsync("hello", new ChatOptions { Seed = 7, TopP = 0.5f, StopSequences = ["END"] });
        var sent = server.Calls.Single().Json;
        Assert.Equal((0.3, 100, 7, 0.5), (sent.GetProperty("temperature").GetDouble(), sent.GetProperty("max_tokens").GetInt32(), sent.GetProperty("seed").GetInt32(), sent.GetProperty("top_p").GetDouble()));
        Assert.Equal("END", sent.GetProperty("stop")[0].GetString());
        Assert.Equal($"Bearer {TestPanel.Key}", server.Calls.Single().Authorization);
        Assert.Equal((0.00146m, false), (response.CostUsd(), response.IsCached()));
        Assert.Equal((0.3, 123), (panel.Runs.Single().Temp, panel.Runs.Single().Tokens));
    }
}
