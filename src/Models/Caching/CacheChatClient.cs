using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Quorate.Models.Panel;
using Quorate.Models.Pipeline;

namespace Quorate.Models.Caching;

/// <summary>
/// Gives a whole answer again when everything that changes it is the same, without a call. Failed, truncated, refused and empty answers
/// are never kept, and a kept one must meet the demands of the call that it is given to.
/// </summary>
internal sealed class CacheChatClient(IChatClient inner, ModelConfig config, AnswerCache cache) : DelegatingChatClient(inner)
{
    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var sent = messages as IReadOnlyCollection<ChatMessage> ?? [.. messages];
        var key = CachedAnswer.KeyOf(config, sent, options);
        if (Find(key, options) is { } hit)
        {
            return hit;
        }

        var response = await base.GetResponseAsync(sent, options, cancellationToken);
        Keep(key, response);
        return response;
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var sent = messages as IReadOnlyCollection<ChatMessage> ?? [.. messages];
        var key = CachedAnswer.KeyOf(config, sent, options);
        if (Find(key, options) is { } hit)
        {
            yield return new ChatResponseUpdate(ChatRole.Assistant, hit.Text) { ModelId = hit.ModelId };
            var last = new ChatResponseUpdate { Role = ChatRole.Assistant, ModelId = hit.ModelId, FinishReason = hit.FinishReason };
            if (hit.Usage is { } usage)
            {
                last.Contents.Add(new UsageContent(usage));
            }

            last.SetCached();
            yield return last;
            yield break;
        }

        var answer = new StreamedAnswer();
        await foreach (var update in base.GetStreamingResponseAsync(sent, options, cancellationToken))
        {
            answer.Add(update);
            yield return update;
        }

        Keep(key, answer.ToResponse());
    }

    private ChatResponse? Find(string key, ChatOptions? options) =>
        cache.Find(key)?.ToResponse() is { } hit && CallDemands.Of(options).Check(hit) is null ? hit : null;

    private void Keep(string key, ChatResponse response)
    {
        if (CachedAnswer.From(key, response) is { } answer)
        {
            cache.Add(answer);
        }
    }
}

internal static class CacheChatClientExtensions
{
    public static IChatClient UseCache(this IChatClient client, ModelConfig config, AnswerCache cache) => new CacheChatClient(client, config, cache);
}
