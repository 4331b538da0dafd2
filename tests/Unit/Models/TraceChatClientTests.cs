using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.AI;
using Quorate.Models;
using Quorate.Models.Pipeline;
using Quorate.Tests.Unit.Ask;

namespace Quorate.Tests.Unit.Models;

public sealed class TraceChatClientTests : IDisposable
{
    private static int _last;

    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly ActivityListener _listener;
    private readonly string _conversation = $"traced-{Interlocked.Increment(ref _last)}";

    public TraceChatClientTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = s => s.Name == Tracing.SourceName,
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = a =>
            {
                // Other tests' calls are traced at the same time.
                if (a.GetTagItem("gen_ai.conversation.id") as string == _conversation)
                {
                    _spans.Enqueue(a);
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ChatOptions Options => new() { ConversationId = _conversation, ModelId = "m-1", MaxOutputTokens = 7 };

    public void Dispose() => _listener.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_Answered_IsASpanByTheConventionsWithoutText(bool stream)
    {
        var client = new FakePanel().Says("a", "a secret").Client("a").UseTrace();
        var text = stream ? (await client.GetStreamingResponseAsync("why?", Options, Token).ToChatResponseAsync(Token)).Text : (await client.GetResponseAsync("why?", Options, Token)).Text;
        Assert.Equal("a secret", text);
        var span = Assert.Single(_spans);
        Assert.Equal(("chat m-1", ActivityKind.Client, ActivityStatusCode.Unset), (span.DisplayName, span.Kind, span.Status));
        Assert.Equal(("chat", "m-1", 7), (span.GetTagItem("gen_ai.operation.name"), span.GetTagItem("gen_ai.request.model"), span.GetTagItem("gen_ai.request.max_tokens")));
        Assert.DoesNotContain(span.TagObjects, t => $"{t.Value}".Contains("secret", StringComparison.Ordinal) || $"{t.Value}".Contains("why", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_Failed_TellsTheTypeOfTheError(bool stream)
    {
        var client = new FakePanel().Fails("a", new ModelException(ModelFailure.RateLimited, "slow down")).Client("a").UseTrace();
        await Assert.ThrowsAsync<ModelException>(() => stream ? client.GetStreamingResponseAsync("why?", Options, Token).ToChatResponseAsync(Token) : client.GetResponseAsync("why?", Options, Token));
        var span = Assert.Single(_spans);
        Assert.Equal((ActivityStatusCode.Error, "rate_limited"), (span.Status, span.GetTagItem("error.type")));
    }
}
