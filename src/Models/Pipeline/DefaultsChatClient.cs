using Microsoft.Extensions.AI;

namespace Quorate.Models.Pipeline;

/// <summary>Fills in the sampling options that a call leaves open, so that every client inside sees what will be sent.</summary>
public sealed class DefaultsChatClient(IChatClient inner, ModelConfig config) : DelegatingChatClient(inner)
{
    public override Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        base.GetResponseAsync(messages, Filled(options), cancellationToken);

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        base.GetStreamingResponseAsync(messages, Filled(options), cancellationToken);

    private ChatOptions Filled(ChatOptions? options)
    {
        var copy = options?.Clone() ?? new ChatOptions();
        copy.Temperature ??= (float)config.Temperature;
        copy.MaxOutputTokens ??= config.MaxTokens;
        // A member is one model, whatever name its caller knows it by.
        copy.ModelId = config.Model;
        return copy;
    }
}

public static class DefaultsChatClientExtensions
{
    public static IChatClient UseDefaults(this IChatClient client, ModelConfig config) => new DefaultsChatClient(client, config);
}
