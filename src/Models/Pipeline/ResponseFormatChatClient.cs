using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Quorate.Models.Pipeline;

/// <summary>
/// Asks for JSON in the strictest form the server has: a JSON schema, then any JSON object, then plain text. A refusal
/// that names the format steps down, and the client remembers it, so that later calls do not ask again.
/// </summary>
public sealed class ResponseFormatChatClient(IChatClient inner) : DelegatingChatClient(inner)
{
    private static readonly string[] FormatWords = ["response_format", "json_schema", "json_object", "response format"];
    private volatile int _level;

    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var sent = messages as IReadOnlyCollection<ChatMessage> ?? [.. messages];
        while (true)
        {
            var level = _level;
            try
            {
                return await base.GetResponseAsync(sent, At(level, options), cancellationToken);
            }
            catch (ModelException error) when (CanStepDown(level, options, error))
            {
                _level = Math.Max(_level, level + 1);
            }
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var sent = messages as IReadOnlyCollection<ChatMessage> ?? [.. messages];
        while (true)
        {
            var level = _level;
            await using var updates = base.GetStreamingResponseAsync(sent, At(level, options), cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (true)
            {
                try
                {
                    if (!await updates.MoveNextAsync())
                    {
                        yield break;
                    }
                }
                // A status other than 200 comes before anything of the stream.
                catch (ModelException error) when (CanStepDown(level, options, error))
                {
                    _level = Math.Max(_level, level + 1);
                    break;
                }

                yield return updates.Current;
            }
        }
    }

    private static bool CanStepDown(int level, ChatOptions? options, ModelException error) =>
        options?.ResponseFormat is ChatResponseFormatJson && level < 2 && NamesFormat(error);

    private static ChatOptions? At(int level, ChatOptions? options)
    {
        if (level == 0 || options?.ResponseFormat is not ChatResponseFormatJson)
        {
            return options;
        }

        var copy = options.Clone();
        copy.ResponseFormat = level == 1 ? ChatResponseFormat.Json : null;
        return copy;
    }

    private static bool NamesFormat(ModelException error) =>
        error.Status is 400 or 422 && FormatWords.Any(w => error.Raw.Contains(w, StringComparison.OrdinalIgnoreCase));
}

public static class ResponseFormatChatClientExtensions
{
    public static IChatClient UseResponseFormatFallback(this IChatClient client) => new ResponseFormatChatClient(client);
}
