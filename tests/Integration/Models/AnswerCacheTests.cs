using Microsoft.Extensions.AI;
using Quorate.Models;
using Quorate.Models.Cassettes;
using Quorate.Models.Panel;
using static Quorate.Tests.Integration.Models.ScriptedModelServer;

namespace Quorate.Tests.Integration.Models;

/// <summary>Answers given again: from the cache, and from a cassette.</summary>
public sealed class AnswerCacheTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private PipelineSettings Cached => new() { CacheFolder = _folder };

    public void Dispose()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    [Fact]
    public async Task GetResponse_SameQuestionAgain_CostsNothingAlsoAfterARestartAndAsAStream()
    {
        await using var server = await StartAsync(Cancelled);
        server.Says("forty-two");
        await using (var panel = TestPanel.Create(server.Endpoint, Cached, price: new TokenPrice(10, 20)))
        {
            Assert.Equal((false, 0.00146m), ((await panel.AskAsync("why?")).IsCached(), (await panel.AskAsync("why?")).CostUsd() + 0.00146m));
        }

        await using var second = TestPanel.Create(server.Endpoint, Cached, price: new TokenPrice(10, 20));
        var again = await second.AskAsync("why?");
        Assert.Equal((true, 0m, "forty-two"), (again.IsCached(), again.CostUsd(), again.Text));
        var (text, _, updates) = await second.StreamAsync("why?");
        Assert.Equal(("forty-two", true), (text, updates[^1].IsCached()));
        Assert.Single(server.Calls);
        Assert.Empty(second.Runs);
    }

    [Theory]
    [InlineData("Is it safe to restart the store?", "Is it not safe to restart the store?")]
    [InlineData("Is 10 mg enough?", "Is 100 mg enough?")]
    [InlineData("Is Paris in France?", "Is Paris in Texas?")]
    [InlineData("may i?", "May I?")]
    [InlineData("a b", "a  b")]
    public async Task GetResponse_QuestionsThatDifferALittle_NeverShareAnAnswer(string one, string other)
    {
        await using var server = await StartAsync(Cancelled);
        server.Says("first").Says("second");
        await using var panel = TestPanel.Create(server.Endpoint, Cached);
        Assert.Equal(("first", "second"), ((await panel.AskAsync(one)).Text, (await panel.AskAsync(other)).Text));
        Assert.Equal(("first", "second"), ((await panel.AskAsync(one)).Text, (await panel.AskAsync(other)).Text));
    }

    [Fact]
    public async Task GetResponse_OptionsThatChangeTheAnswer_ArePartOfTheKey()
    {
        ChatOptions[] options =
        [
            new(), new() { Temperature = 0.9f }, new() { MaxOutputTokens = 7 }, new() { Seed = 1 }, new() { TopP = 0.1f }, new() { StopSequences = ["x"] },
            new() { FrequencyPenalty = 1 }, new() { PresencePenalty = 1 }, new() { ResponseFormat = ChatResponseFormat.Json },
        ];
        await using var server = await StartAsync(Cancelled);
        foreach (var _ in options)
        {
            server.Says("answer");
        }

        await using var panel = TestPanel.Create(server.Endpoint, Cached);
        foreach (var option in options)
        {
            Assert.False((await panel.AskAsync("hello", option)).IsCached());
        }

        Assert.Equal(options.Length, server.Calls.Count);
    }

    [Theory]
    [InlineData("{\"choices\":[{\"message\":{\"content\":\"half of\"},\"finish_reason\":\"length\"}]}")]
    [InlineData("{\"choices\":[{\"message\":{\"content\":\"I'm sorry, but I can't help with that.\"},\"finish_reason\":\"stop\"}]}")]
    [InlineData("{\"choices\":[{\"message\":{\"content\":\"whole?\"}}]}")]
    [InlineData("{\"choices\":[{\"message\":{\"content\":\"\"},\"finish_reason\":\"stop\"}]}")]
    [InlineData("{\"error\":{\"code\":500}}")]
    public async Task GetResponse_FailedTruncatedRefusedOrEmptyAnswer_IsAskedForAgain(string body)
    {
        await using var server = await StartAsync(Cancelled);
        server.Status(200, body).Says("good");
        await using var panel = TestPanel.Create(server.Endpoint, Cached);
        await Record.ExceptionAsync(() => panel.AskAsync("hello"));
        var second = await panel.AskAsync("hello");
        Assert.Equal(("good", false), (second.Text, second.IsCached()));
    }

    [Fact]
    public async Task GetStreamingResponse_CutAnswer_IsNotKept()
    {
        await using var server = await StartAsync(Cancelled);
        server.Sends("text/event-stream", Token("Hello "), "!cut").Streams("Hello ", "world");
        await using var panel = TestPanel.Create(server.Endpoint, Cached);
        Assert.Equal("cut", (await panel.StreamAsync("hello")).Error?.Code);
        Assert.Equal("Hello world", (await panel.StreamAsync("hello")).Text);
        Assert.True((await panel.AskAsync("hello")).IsCached());
    }

    [Fact]
    public async Task Cassette_Replayed_GivesTheSameBytesWithoutANetworkOrAKey()
    {
        List<string?> recorded;
        List<string> shown;
        Uri gone;
        await using (var server = await StartAsync(Cancelled))
        {
            gone = server.Endpoint;
            server.Status(429, "{\"error\":\"slow\"}", ("Retry-After", "0")).Says("first").Says("second").Streams("Hello ", "wörld").Sends("text/event-stream", Token("Half "), "!cut");
            await using var panel = TestPanel.Create(server.Endpoint, Tape(CassetteMode.Record), retries: 1);
            shown = await PlayAsync(panel);
            recorded = [.. panel.Runs.Select(r => $"{r.Error} {r.Prompt} {r.Response} {r.ResponseHash} {r.Tokens}")];
        }

        Assert.Equal(["first", "second", "Hello wörld", "Half |cut"], shown);
        Assert.DoesNotContain(Directory.GetFiles(_folder), f => File.ReadAllText(f).Contains(TestPanel.Key, StringComparison.Ordinal));
        await using var replay = TestPanel.Create(gone, Tape(CassetteMode.Replay), retries: 1);
        Assert.Equal(shown, await PlayAsync(replay));
        Assert.Equal(recorded, replay.Runs.Select(r => $"{r.Error} {r.Prompt} {r.Response} {r.ResponseHash} {r.Tokens}"));
        var missing = await Assert.ThrowsAsync<ModelException>(() => replay.AskAsync("never asked"));
        Assert.Contains("no recording", missing.Message, StringComparison.Ordinal);
    }

    private PipelineSettings Tape(CassetteMode mode) => new() { Cache = false, Cassette = mode, CassetteFolder = _folder };

    private static async Task<List<string>> PlayAsync(TestPanel panel)
    {
        // The same question twice: the occurrence tells them apart.
        var shown = new List<string> { (await panel.AskAsync("one")).Text, (await panel.AskAsync("one")).Text, (await panel.StreamAsync("two")).Text };
        var (text, error, _) = await panel.StreamAsync("three");
        return [.. shown, $"{text}|{error?.Code}"];
    }
}
