using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Quorate.Models.Pipeline;

/// <summary>Ends a whole call, its retries and its stream included, after a fixed time with <see cref="ModelFailure.Timeout"/>.</summary>
public sealed class DeadlineChatClient(IChatClient inner, TimeSpan deadline, TimeProvider time) : DelegatingChatClient(inner)
{
    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        using var timer = new CancellationTokenSource(deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            return await base.GetResponseAsync(messages, Told(options, timer), either.Token);
        }
        catch (OperationCanceledException error) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Passed(error);
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var timer = new CancellationTokenSource(deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        await using var updates = base.GetStreamingResponseAsync(messages, Told(options, timer), either.Token).GetAsyncEnumerator(either.Token);
        while (true)
        {
            try
            {
                if (!await updates.MoveNextAsync())
                {
                    yield break;
                }
            }
            catch (OperationCanceledException error) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw Passed(error);
            }

            yield return updates.Current;
        }
    }

    private ChatOptions Told(ChatOptions? options, CancellationTokenSource timer) => new CallDeadline(time.GetUtcNow() + deadline, timer.Token).In(options);

    private ModelException Passed(Exception inner) => new(ModelFailure.Timeout, $"no complete answer within {deadline.TotalSeconds:0.###} s", inner);
}

public static class DeadlineChatClientExtensions
{
    public static IChatClient UseDeadline(this IChatClient client, TimeSpan deadline, TimeProvider time) => new DeadlineChatClient(client, deadline, time);
}
