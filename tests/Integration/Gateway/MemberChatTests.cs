using System.Text.Json;
using Quorate.Tests.Integration.Models;

namespace Quorate.Tests.Integration.Gateway;

public class MemberChatTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Chat_OfAMember_AnswersWithUsageAndIsAudited()
    {
        await using var host = await GatewayHost.StartAsync();
        host.Scripted.Says("All is well.");

        var (status, body) = await host.AskAsync(new { model = "scripted", messages = new object[] { new { role = "system", content = "Be short." }, new { role = "user", content = new[] { new { type = "text", text = "How is it?" } } } }, temperature = 0.5, max_completion_tokens = 9, seed = 4, stop = "END", user = "x" });

        Assert.Equal(200, status);
        var choice = body.GetProperty("choices")[0];
        Assert.Equal("All is well.", choice.GetProperty("message").GetProperty("content").GetString());
        Assert.Equal("stop", choice.GetProperty("finish_reason").GetString());
        Assert.Equal(123, body.GetProperty("usage").GetProperty("total_tokens").GetInt32());
        Assert.Equal("All is well.", Assert.Single(host.Runs).Response);
        var sent = Assert.Single(host.Scripted.Calls).Json;
        Assert.Equal((9, 4L, "END", "How is it?"), (sent.GetProperty("max_tokens").GetInt32(), sent.GetProperty("seed").GetInt64(), sent.GetProperty("stop")[0].GetString(), sent.GetProperty("messages")[1].GetProperty("content").GetString()));
    }

    [Fact]
    public async Task Stream_OfAMember_GivesChunksUsageAndDone()
    {
        await using var host = await GatewayHost.StartAsync();
        host.Scripted.Streams("All ", "is \"well\".");

        var events = await EventsAsync(host, new { model = "scripted", messages = new[] { new { role = "user", content = "How?" } }, stream = true, stream_options = new { include_usage = true } });

        Assert.Equal("[DONE]", events[^1]);
        var chunks = events[..^1].Select(e => JsonSerializer.Deserialize<JsonElement>(e)).ToList();
        Assert.Equal("All is \"well\".", string.Concat(chunks.SelectMany(c => c.GetProperty("choices").EnumerateArray()).Select(c => c.GetProperty("delta")).Where(d => d.TryGetProperty("content", out _)).Select(d => d.GetProperty("content").GetString())));
        Assert.Equal("stop", chunks[^2].GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Equal(123, chunks[^1].GetProperty("usage").GetProperty("total_tokens").GetInt32());
        Assert.Equal("All is \"well\".", Assert.Single(host.Runs).Response);
    }

    [Theory]
    [InlineData("!cut", "model_cut")]
    [InlineData("!stall", "model_stalled")]
    [InlineData("data: {\"choices\":[{garbage\n\n", "model_malformed")]
    public async Task Stream_FailsAfterTheFirstToken_EndsWithAnErrorAndNoDone(string fault, string code)
    {
        await using var host = await GatewayHost.StartAsync();
        host.Scripted.Sends("text/event-stream", ScriptedModelServer.Token("Half an"), fault);

        var events = await EventsAsync(host, GatewayHost.Chat("scripted", "How?", stream: true));

        Assert.DoesNotContain("[DONE]", events);
        Assert.Contains("Half an", events[0], StringComparison.Ordinal);
        Assert.Equal(code, JsonSerializer.Deserialize<JsonElement>(events[^1]).GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task Stream_FailsBeforeTheFirstToken_IsAnHttpError()
    {
        await using var host = await GatewayHost.StartAsync();
        host.Scripted.Status(500, "{\"error\":{\"message\":\"no\"}}");

        var (status, body) = await host.AskAsync(GatewayHost.Chat("scripted", "How?", stream: true));

        Assert.Equal(502, status);
        Assert.Equal("model_server_error", body.GetProperty("error").GetProperty("code").GetString());
    }

    [Theory]
    [InlineData(429, 429)]
    [InlineData(403, 502)]
    [InlineData(400, 400)]
    [InlineData(503, 502)]
    public async Task Chat_UpstreamFails_SaysWhoseFaultItIs(int upstream, int expected)
    {
        await using var host = await GatewayHost.StartAsync();
        host.Scripted.Status(upstream, "{\"error\":{\"message\":\"as the test wants it\"}}", ("Retry-After", "7"));

        using var response = await host.PostAsync(GatewayHost.Chat("scripted", "How?"));

        Assert.Equal(expected, (int)response.StatusCode);
        Assert.Equal(upstream == 429 ? "7" : null, upstream == 429 ? response.Headers.GetValues("Retry-After").Single() : null);
        Assert.Equal(upstream != 429, response.Headers.Contains("x-should-retry"));
    }

    [Fact]
    public async Task Chat_CallerGoesAway_CancelsTheUpstreamCall()
    {
        await using var host = await GatewayHost.StartAsync();
        var (began, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
        host.Scripted.Then(async context =>
        {
            using var registration = context.RequestAborted.Register(() => ended.TrySetResult());
            began.TrySetResult();
            await ended.Task;
        });
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var content = System.Net.Http.Json.JsonContent.Create(GatewayHost.Chat("scripted", "How?"));

        var asking = host.Client.PostAsync("/v1/chat/completions", content, leaving.Token);
        await began.Task.WaitAsync(TimeSpan.FromSeconds(20), Token);
        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(20), Token);
    }

    private static async Task<List<string>> EventsAsync(GatewayHost host, object body)
    {
        using var response = await host.PostAsync(body);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        var text = await response.Content.ReadAsStringAsync(Token);
        return [.. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(e => e.StartsWith("data: ", StringComparison.Ordinal)).Select(e => e["data: ".Length..])];
    }
}
