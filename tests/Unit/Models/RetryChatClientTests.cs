using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Quorate.Models;
using Quorate.Models.Pipeline;

namespace Quorate.Tests.Unit.Models;

public sealed class RetryChatClientTests
{
    [Theory]
    [InlineData(ModelFailure.RateLimited, 3)]
    [InlineData(ModelFailure.ServerError, 3)]
    [InlineData(ModelFailure.Cut, 3)]
    [InlineData(ModelFailure.Unreachable, 3)]
    [InlineData(ModelFailure.Refused, 1)]
    [InlineData(ModelFailure.Timeout, 1)]
    [InlineData(ModelFailure.Empty, 1)]
    [InlineData(ModelFailure.Malformed, 1)]
    public async Task GetResponse_EveryAttemptFails_RepeatsOnlyWhatMaySucceed(ModelFailure failure, int calls)
    {
        using var inner = new FailingClient(new ModelException(failure, "no"));
        using var client = inner.UseRetry(2, new Random(1), TimeProvider.System);
        var error = await Assert.ThrowsAsync<ModelException>(() => client.GetResponseAsync("hello", cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(failure, error.Failure);
        Assert.Equal(calls, inner.Calls);
    }

    [Fact]
    public async Task GetResponse_ServerWantsALongerWaitThanTheDeadline_FailsAtOnce()
    {
        using var inner = new FailingClient(new ModelException(ModelFailure.RateLimited, "no") { RetryAfter = TimeSpan.FromMinutes(2) });
        using var client = inner.UseRetry(2, new Random(1), TimeProvider.System).UseDeadline(TimeSpan.FromMinutes(1), TimeProvider.System);
        var error = await Assert.ThrowsAsync<ModelException>(() => client.GetResponseAsync("hello", cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(ModelFailure.RateLimited, error.Failure);
        Assert.Equal(1, inner.Calls);
    }

    [Fact]
    public async Task GetStreamingResponse_FailsBeforeItsFirstToken_IsRepeated()
    {
        using var inner = new FailingClient(new ModelException(ModelFailure.Cut, "no"));
        using var client = inner.UseRetry(2, new Random(1), TimeProvider.System);
        await Assert.ThrowsAsync<ModelException>(async () => await client.GetStreamingResponseAsync("hello", cancellationToken: TestContext.Current.CancellationToken).ToChatResponseAsync(TestContext.Current.CancellationToken));
        Assert.Equal(3, inner.Calls);
    }

    private sealed class FailingClient(ModelException error) : IChatClient
    {
        public int Calls { get; private set; }

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            Calls++;
            return Task.FromException<ChatResponse>(error);
        }

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            Calls++;
            await Task.CompletedTask;
            if (Calls > 0)
            {
                throw error;
            }

            yield break;
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
