using Microsoft.Extensions.AI;

namespace Quorate.Models.Pipeline;

/// <summary>Ends a whole call, its retries included, after a fixed time with <see cref="ModelFailure.Timeout"/>.</summary>
public sealed class DeadlineChatClient(IChatClient inner, TimeSpan deadline, TimeProvider time) : WholeAnswerChatClient(inner)
{
    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        using var timer = new CancellationTokenSource(deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            return await base.GetResponseAsync(messages, new CallDeadline(time.GetUtcNow() + deadline, timer.Token).In(options), either.Token);
        }
        catch (OperationCanceledException error) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ModelException(ModelFailure.Timeout, $"no complete answer within {deadline.TotalSeconds:0.###} s", error);
        }
    }
}

public static class DeadlineChatClientExtensions
{
    public static IChatClient UseDeadline(this IChatClient client, TimeSpan deadline, TimeProvider time) => new DeadlineChatClient(client, deadline, time);
}
