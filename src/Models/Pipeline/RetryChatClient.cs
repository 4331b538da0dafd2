using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Quorate.Models.Pipeline;

/// <summary>
/// Repeats a call that may succeed next time: rate limits, server errors, cut answers, unreachable servers. Waits
/// exponentially longer with full jitter (Brooker, "Exponential Backoff And Jitter", AWS 2015), or as long as the server
/// asked; gives up at once when that would outlast the deadline. A stream is repeated only while none of its text is out.
/// </summary>
public sealed class RetryChatClient(IChatClient inner, int maxRetries, Random random, TimeProvider time) : DelegatingChatClient(inner)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(250);
    private readonly Lock _gate = new();

    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var sent = messages as IReadOnlyCollection<ChatMessage> ?? [.. messages];
        ModelException? before = null;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await base.GetResponseAsync(sent, options, cancellationToken);
            }
            catch (ModelException error) when (DelayBefore(attempt, error, options) is { } delay)
            {
                before = error;
                await Task.Delay(delay, time, cancellationToken);
            }
            catch (ModelException error) when (HidesCause(error, before))
            {
                throw before!;
            }
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var sent = messages as IReadOnlyCollection<ChatMessage> ?? [.. messages];
        ModelException? before = null;
        for (var attempt = 0; ; attempt++)
        {
            await using var updates = base.GetStreamingResponseAsync(sent, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
            var shown = false;
            TimeSpan wait;
            while (true)
            {
                try
                {
                    if (!await updates.MoveNextAsync())
                    {
                        yield break;
                    }
                }
                catch (ModelException error) when (!shown && DelayBefore(attempt, error, options) is { } delay)
                {
                    (before, wait) = (error, delay);
                    break;
                }
                catch (ModelException error) when (HidesCause(error, before))
                {
                    throw before!;
                }

                shown = shown || updates.Current.HasText();
                yield return updates.Current;
            }

            await Task.Delay(wait, time, cancellationToken);
        }
    }

    /// <summary>Null when another attempt makes no sense.</summary>
    private TimeSpan? DelayBefore(int attempt, ModelException error, ChatOptions? options)
    {
        if (attempt >= maxRetries || !MaySucceedLater(error.Failure))
        {
            return null;
        }

        var delay = error.RetryAfter ?? Backoff(attempt);
        return time.GetUtcNow() + delay >= CallDeadline.Of(options).At ? null : delay;
    }

    /// <summary>The failure that opened the circuit tells more than the open circuit does.</summary>
    private static bool HidesCause(ModelException error, ModelException? before) => before is not null && error.Failure == ModelFailure.CircuitOpen;

    private static bool MaySucceedLater(ModelFailure failure) =>
        failure is ModelFailure.RateLimited or ModelFailure.ServerError or ModelFailure.Cut or ModelFailure.Unreachable;

    private TimeSpan Backoff(int attempt)
    {
        // Random is not thread-safe, and one client serves many callers.
        lock (_gate)
        {
            return FirstDelay * Math.Pow(2, attempt) * random.NextDouble();
        }
    }
}

public static class RetryChatClientExtensions
{
    public static IChatClient UseRetry(this IChatClient client, int maxRetries, Random random, TimeProvider time) =>
        new RetryChatClient(client, maxRetries, random, time);
}
