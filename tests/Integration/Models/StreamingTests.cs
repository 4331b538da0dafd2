using Microsoft.Extensions.AI;
using Quorate.Models;
using Quorate.Models.Panel;
using Quorate.Models.Pipeline;
using static Quorate.Tests.Integration.Models.ScriptedModelServer;

namespace Quorate.Tests.Integration.Models;

/// <summary>A member's whole pipeline in front of a server whose streams end in every way that streams do.</summary>
public sealed class StreamingTests
{
    private const string Sse = "text/event-stream";
    private const string Whole = """{"model":"test-model","choices":[{"index":0,"message":{"role":"assistant","content":"Hello world"},"finish_reason":"stop"}],"usage":{"prompt_tokens":100,"completion_tokens":23,"total_tokens":123}}""";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Name; content type; pieces; the text shown; the failure's code, empty for none.</summary>
    public static TheoryData<string, string, string[], string, string> Endings => new()
    {
        { "whole", Sse, [Token("Hello "), Token("world"), Finish("stop"), Usage, Done], "Hello world", "" },
        { "no end mark but a finish reason", Sse, [Token("Hello "), Token("world"), Finish("stop")], "Hello world", "" },
        { "end mark without line feed", Sse, [Token("Hello "), Token("world"), "data: [DONE]"], "Hello world", "" },
        { "carriage returns", Sse, [Token("Hello ").Replace("\n", "\r\n"), Token("world").Replace("\n", "\r\n"), Done], "Hello world", "" },
        { "comments", Sse, [": PROCESSING\n\n", Token("Hello "), ": PROCESSING\n\n", Token("world"), Done], "Hello world", "" },
        { "an event in two pieces", Sse, [Token("Hello ")[..30], Token("Hello ")[30..], Token("world"), Done], "Hello world", "" },
        { "plain completion", "application/json", [Whole], "Hello world", "" },
        { "plain completion, wrong type", Sse, ["\n" + Whole], "Hello world", "" },
        { "token limit", Sse, [Token("Hello world"), Finish("length"), Done], "Hello world", "" },
        { "ends early", Sse, [Token("Hello ")], "Hello ", "cut" },
        { "ends inside an event", Sse, [Token("Hello "), "data: {\"choices\":[{\"del"], "Hello ", "cut" },
        { "breaks before the first token", Sse, [": hi\n\n", "!cut"], "", "cut" },
        { "breaks after the first token", Sse, [Token("Hello "), "!cut"], "Hello ", "cut" },
        { "stalls before the first token", Sse, [": hi\n\n", "!stall"], "", "stalled" },
        { "stalls after the first token", Sse, [Token("Hello "), "!stall"], "Hello ", "stalled" },
        { "never answers", Sse, ["!stall"], "", "stalled" },
        { "garbage at once", Sse, ["data: {not json\n\n", Done], "", "malformed" },
        { "garbage after the first token", Sse, [Token("Hello "), "data: <xml/>\n\n", Token("world"), Done], "Hello ", "malformed" },
        { "another form after the first token", Sse, [Token("Hello "), "data: {\"choices\":{}}\n\n", Done], "Hello ", "malformed" },
        { "web page", "text/html", ["<html><body>Sign in</body></html>"], "", "malformed" },
        { "error at once", Sse, ["data: {\"error\":{\"code\":429,\"message\":\"slow down\"}}\n\n"], "", "rate_limited" },
        { "error after the first token", Sse, [Token("Hello "), "data: {\"error\":{\"code\":502,\"message\":\"upstream\"}}\n\n"], "Hello ", "server_error" },
        { "empty body", Sse, [], "", "empty" },
        { "no text", Sse, [Finish("stop"), Done], "", "empty" },
        { "refusal field", Sse, ["data: {\"choices\":[{\"delta\":{\"refusal\":\"I will not\"}}]}\n\n", Finish("stop"), Done], "", "filtered" },
        { "filter", Sse, [Token("Hello "), Finish("content_filter"), Done], "Hello ", "filtered" },
    };

    [Theory]
    [MemberData(nameof(Endings))]
    public async Task GetStreamingResponse_StreamEndsSo_IsWholeOrAnExplicitFailure(string name, string type, string[] pieces, string text, string code)
    {
        await using var server = await StartAsync(Cancelled);
        server.Sends(type, pieces);
        await using var panel = TestPanel.Create(server.Endpoint);

        var (shown, error, updates) = await panel.StreamAsync(name);

        Assert.Equal((text, code), (shown, error?.Code ?? ""));
        var run = Assert.Single(panel.Runs);
        Assert.Equal(code, run.Error ?? "");
        Assert.StartsWith(text, run.Response, StringComparison.Ordinal);
        Assert.True(run.Config.GetProperty("stream").GetBoolean());
        if (code.Length == 0)
        {
            Assert.Equal(text, run.Response);
            Assert.Equal(name == "token limit" ? ChatFinishReason.Length : updates[^1].FinishReason, updates[^1].FinishReason);
        }
    }

    [Theory]
    [InlineData(403, "refused", 1)]
    [InlineData(429, "rate_limited", 3)]
    [InlineData(500, "server_error", 3)]
    public async Task GetStreamingResponse_StatusIsAnError_IsRepeatedOnlyWhenThatMayHelp(int status, string code, int calls)
    {
        await using var server = await StartAsync(Cancelled);
        for (var i = 0; i < calls; i++)
        {
            server.Status(status, $"{{\"error\":{{\"message\":\"no: {TestPanel.Key}\"}}}}", ("Retry-After", "0"));
        }

        await using var panel = TestPanel.Create(server.Endpoint, retries: 2);
        var (_, error, _) = await panel.StreamAsync("hello");
        Assert.Equal((code, calls, calls), (error?.Code, server.Calls.Count, panel.Runs.Count));
        Assert.All(panel.Runs, r => Assert.DoesNotContain(TestPanel.Key, QuorateText(r), StringComparison.Ordinal));
        Assert.DoesNotContain(TestPanel.Key, error!.ToString() + error.Raw, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetStreamingResponse_CutBeforeItsFirstToken_IsRepeatedUnseen()
    {
        await using var server = await StartAsync(Cancelled);
        server.Sends(Sse, ": hi\n\n", "!cut").Streams("Hello ", "world");
        await using var panel = TestPanel.Create(server.Endpoint, retries: 1, price: new TokenPrice(1, 2));
        var (text, error, updates) = await panel.StreamAsync("hello");
        Assert.Equal(("Hello world", null), (text, error));
        Assert.Equal(["cut", null], panel.Runs.Select(r => r.Error));
        Assert.Equal(0.000146m, updates[^1].CostUsd());
        Assert.Equal(0.000146m, updates.ToChatResponse().CostUsd());
        Assert.Equal(123, panel.Runs.Last().Tokens);
    }

    [Theory]
    [InlineData(false, "Hello world", "")]
    [InlineData(true, "Half ", "cut")]
    public async Task UseFallback_FirstFails_TakesOverOnlyBeforeItsFirstToken(bool afterToken, string text, string code)
    {
        await using var first = await StartAsync(Cancelled);
        await using var second = await StartAsync(Cancelled);
        first.Sends(Sse, afterToken ? [Token("Half "), "!cut"] : ["!stall"]);
        second.Streams("Hello ", "world");
        await using var panel = TestPanel.Create(new PipelineSettings { Cache = false, Stall = TimeSpan.FromSeconds(0.3) }, TestPanel.Member("a", first.Endpoint), TestPanel.Member("b", second.Endpoint));
        using var client = panel.Client.UseFallback(panel.Panel.Client("b"));
        var (shown, error, _) = await panel.StreamAsync("hello", client: client);
        Assert.Equal((text, code), (shown, error?.Code ?? ""));
        Assert.Equal(afterToken ? 0 : 1, second.Calls.Count);
    }

    [Fact]
    public async Task UseFallback_AllFail_ThrowsTheFirstFailureAndNamesTheOthers()
    {
        await using var server = await StartAsync(Cancelled);
        server.Status(500).Status(403);
        await using var panel = TestPanel.Create(server.Endpoint);
        using var client = panel.Client.UseFallback(panel.Client);
        var error = await Assert.ThrowsAsync<ModelException>(() => client.GetResponseAsync("hello", cancellationToken: Cancelled));
        Assert.Equal(ModelFailure.ServerError, error.Failure);
        Assert.Contains("then refused", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetStreamingResponse_CallerLeaves_IsRecordedAsCancelledWithWhatCame()
    {
        await using var server = await StartAsync(Cancelled);
        server.Sends(Sse, Token("Hello "), "!stall");
        await using var panel = TestPanel.Create(server.Endpoint);
        await foreach (var update in panel.Client.GetStreamingResponseAsync("hello", cancellationToken: Cancelled))
        {
            Assert.Equal("Hello ", update.Text);
            break;
        }

        Assert.Equal([("cancelled", "Hello ")], panel.Runs.Select(r => (r.Error, r.Response)));
    }

    [Fact]
    public async Task GetStreamingResponse_SlowerThanTheDeadline_EndsAsATimeout()
    {
        await using var server = await StartAsync(Cancelled);
        server.Sends(Sse, Token("Hello "), "!stall");
        await using var panel = TestPanel.Create(server.Endpoint, new PipelineSettings { Cache = false, Stall = TimeSpan.FromSeconds(20) }, timeout: 0.5);
        var (text, error, _) = await panel.StreamAsync("hello");
        Assert.Equal(("Hello ", "timeout"), (text, error?.Code));
        Assert.Equal(["timeout"], panel.Runs.Select(r => r.Error));
    }

    [Fact]
    public async Task GetStreamingResponse_ServerGone_IsUnreachable()
    {
        Uri gone;
        await using (var server = await StartAsync(Cancelled))
        {
            gone = server.Endpoint;
        }

        await using var panel = TestPanel.Create(gone);
        var (_, error, _) = await panel.StreamAsync("hello");
        Assert.Equal("unreachable", error?.Code);
    }

    private static string QuorateText(object run) => Quorate.Contracts.QuorateJson.Serialize(run);
}
