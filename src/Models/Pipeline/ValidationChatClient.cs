using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Quorate.Models.Pipeline;

/// <summary>Fails answers that do not meet the call's <see cref="CallDemands"/>. Of a stream the verdict comes at its end.</summary>
public sealed class ValidationChatClient(IChatClient inner) : DelegatingChatClient(inner)
{
    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var response = await base.GetResponseAsync(messages, options, cancellationToken);
        return CallDemands.Of(options).Check(response) is { } failure ? throw failure : response;
    }

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        CallDemands.Of(options) is { Any: true } demands ? CheckedAsync(demands, messages, options, cancellationToken) : base.GetStreamingResponseAsync(messages, options, cancellationToken);

    private async IAsyncEnumerable<ChatResponseUpdate> CheckedAsync(CallDemands demands, IEnumerable<ChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var answer = new StreamedAnswer();
        await foreach (var update in base.GetStreamingResponseAsync(messages, options, cancellationToken))
        {
            answer.Add(update);
            yield return update;
        }

        if (demands.Check(answer.ToResponse()) is { } failure)
        {
            throw failure;
        }
    }
}

public static class ValidationChatClientExtensions
{
    public static IChatClient UseValidation(this IChatClient client) => new ValidationChatClient(client);
}
