using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Quorate.Models.Pipeline;

/// <summary>Quorate's spans. Without a listener none is made.</summary>
public static class Tracing
{
    public const string SourceName = "Quorate";

    public static ActivitySource Source { get; } = new(SourceName);
}

/// <summary>
/// A span for each call to a model, by OpenTelemetry's semantic conventions for generative AI. It tells of models, tokens and failures
/// and holds no text of prompts or answers.
/// </summary>
public sealed class TraceChatClient(IChatClient inner) : DelegatingChatClient(inner)
{
    private readonly ChatClientMetadata? _metadata = inner.GetService(typeof(ChatClientMetadata)) as ChatClientMetadata;

    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        using var span = Begin(options);
        try
        {
            var response = await base.GetResponseAsync(messages, options, cancellationToken);
            End(span, response);
            return response;
        }
        catch (Exception error) when (Fail(span, error))
        {
            throw;
        }
    }

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        Tracing.Source.HasListeners() ? TracedAsync(messages, options, cancellationToken) : base.GetStreamingResponseAsync(messages, options, cancellationToken);

    private async IAsyncEnumerable<ChatResponseUpdate> TracedAsync(IEnumerable<ChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var span = Begin(options);
        var answer = new StreamedAnswer();
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
            catch (Exception error) when (Fail(span, error))
            {
                throw;
            }

            answer.Add(updates.Current);
            yield return updates.Current;
        }

        End(span, answer.ToResponse());
    }

    private Activity? Begin(ChatOptions? options)
    {
        var model = options?.ModelId ?? _metadata?.DefaultModelId;
        return Tracing.Source.StartActivity($"chat {model}", ActivityKind.Client)?
            .SetTag("gen_ai.operation.name", "chat")
            .SetTag("gen_ai.provider.name", _metadata?.ProviderName)
            .SetTag("gen_ai.request.model", model)
            .SetTag("gen_ai.request.temperature", options?.Temperature)
            .SetTag("gen_ai.request.max_tokens", options?.MaxOutputTokens)
            .SetTag("gen_ai.conversation.id", options?.ConversationId)
            .SetTag("server.address", _metadata?.ProviderUri?.Host)
            .SetTag("server.port", _metadata?.ProviderUri?.Port);
    }

    private static void End(Activity? span, ChatResponse response) => span?
        .SetTag("gen_ai.response.model", response.ModelId)
        .SetTag("gen_ai.response.finish_reasons", response.FinishReason is { } reason ? new[] { reason.Value } : null)
        .SetTag("gen_ai.usage.input_tokens", response.Usage?.InputTokenCount)
        .SetTag("gen_ai.usage.output_tokens", response.Usage?.OutputTokenCount);

    /// <summary>Always true: it only looks on.</summary>
    private static bool Fail(Activity? span, Exception error)
    {
        var type = error is ModelException model ? model.Code : error.GetType().FullName;
        span?.SetTag("error.type", type).SetStatus(ActivityStatusCode.Error, type);
        return true;
    }
}

public static class TraceChatClientExtensions
{
    public static IChatClient UseTrace(this IChatClient client) => new TraceChatClient(client);
}
