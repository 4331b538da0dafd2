using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Quorate.Models.Pipeline;

/// <summary>
/// Ends a stream that gives nothing for the stall time with <see cref="ModelFailure.Stalled"/>, before its first token as after it.
/// Time in which the caller does not ask for more does not count. Whole answers only have their deadline.
/// </summary>
public sealed class StallChatClient(IChatClient inner, TimeSpan stall, TimeProvider time) : DelegatingChatClient(inner)
{
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var timer = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        await using var updates = base.GetStreamingResponseAsync(messages, options, either.Token).GetAsyncEnumerator(either.Token);
        while (true)
        {
            try
            {
                var next = updates.MoveNextAsync();
                // Tokens that have arrived already need no timer.
                var waits = !next.IsCompleted;
                if (waits)
                {
                    timer.CancelAfter(stall);
                }

                if (!await next)
                {
                    yield break;
                }

                if (waits)
                {
                    timer.CancelAfter(Timeout.InfiniteTimeSpan);
                }
            }
            catch (OperationCanceledException error) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw new ModelException(ModelFailure.Stalled, $"the stream gave nothing for {stall.TotalSeconds:0.###} s", error);
            }

            yield return updates.Current;
        }
    }
}

public static class StallChatClientExtensions
{
    public static IChatClient UseStall(this IChatClient client, TimeSpan stall, TimeProvider time) => new StallChatClient(client, stall, time);
}
