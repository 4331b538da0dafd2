using Microsoft.Extensions.AI;

namespace Quorate.Models.Pipeline;

/// <summary>
/// Repeats a call that may succeed next time: rate limits, server errors, cut answers, unreachable servers. Waits
/// exponentially longer with full jitter (Brooker, "Exponential Backoff And Jitter", AWS 2015), or as long as the server
/// asked; gives up at once when that would outlast the deadline.
/// </summary>
public sealed class RetryChatClient(IChatClient inner, int maxRetries, Random random, TimeProvider time) : WholeAnswerChatClient(inner)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(250);
    private readonly Lock _gate = new();

    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var sent = messages as IReadOnlyCollection<ChatMessage> ?? [.. messages];
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await base.GetResponseAsync(sent, options, cancellationToken);
            }
            catch (ModelException error) when (attempt < maxRetries && MaySucceedLater(error.Failure))
            {
                var delay = error.RetryAfter ?? Backoff(attempt);
                if (time.GetUtcNow() + delay >= CallDeadline.Of(options).At)
                {
                    throw;
                }

                await Task.Delay(delay, time, cancellationToken);
            }
        }
    }

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
