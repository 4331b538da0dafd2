using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Quorate.Models.Pipeline;

/// <summary>Makes no call while its breaker is open: <see cref="ModelFailure.CircuitOpen"/>.</summary>
public sealed class CircuitBreakerChatClient(IChatClient inner, CircuitBreaker breaker, TimeProvider time) : DelegatingChatClient(inner)
{
    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var permit = Enter();
        try
        {
            var response = await base.GetResponseAsync(messages, options, cancellationToken);
            breaker.Succeed(permit);
            return response;
        }
        catch (Exception error)
        {
            Judge(permit, error, options);
            throw;
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var permit = Enter();
        var judged = false;
        try
        {
            await using var updates = base.GetStreamingResponseAsync(messages, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (true)
            {
                try
                {
                    if (!await updates.MoveNextAsync())
                    {
                        break;
                    }
                }
                catch (Exception error)
                {
                    judged = true;
                    Judge(permit, error, options);
                    throw;
                }

                yield return updates.Current;
            }

            judged = true;
            breaker.Succeed(permit);
        }
        finally
        {
            // The caller left in the middle of a good stream.
            if (!judged)
            {
                breaker.Abstain(permit);
            }
        }
    }

    private long Enter()
    {
        if (breaker.TryEnter() is { } permit)
        {
            return permit;
        }

        var left = breaker.OpenUntil - time.GetUtcNow();
        throw new ModelException(ModelFailure.CircuitOpen, left > TimeSpan.Zero
            ? $"the member failed several times in a row and is not called for another {left.TotalSeconds:0.#} s"
            : "the member failed several times in a row; one call is trying whether it is back") { RetryAfter = left > TimeSpan.Zero ? left : null };
    }

    private void Judge(long permit, Exception error, ChatOptions? options)
    {
        switch (error)
        {
            case ModelException { Failure: ModelFailure.Empty or ModelFailure.Filtered or ModelFailure.Truncated }:
                breaker.Succeed(permit);
                break;
            case ModelException { Failure: ModelFailure.Refused or ModelFailure.OverBudget }:
                breaker.Abstain(permit);
                break;
            case ModelException failure:
                breaker.Fail(permit, failure.RetryAfter);
                break;
            case OperationCanceledException when CallDeadline.Of(options).Passed.IsCancellationRequested:
                breaker.Fail(permit);
                break;
            default:
                breaker.Abstain(permit);
                break;
        }
    }
}

public static class CircuitBreakerChatClientExtensions
{
    public static IChatClient UseCircuitBreaker(this IChatClient client, CircuitBreaker breaker, TimeProvider time) =>
        new CircuitBreakerChatClient(client, breaker, time);
}
