using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Quorate.Models.Pipeline;

/// <summary>
/// Several clients in order: when one fails, the next takes over. Of a stream that holds until its first text is out; a failure after
/// that ends the stream with its <see cref="ModelException"/>, for two models' halves are no answer. When all fail, the first's failure
/// is thrown and the others' are named in it.
/// </summary>
/// <param name="clients">One or more; not disposed of.</param>
public sealed class FallbackChatClient(IReadOnlyList<IChatClient> clients) : IChatClient
{
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var sent = messages as IReadOnlyCollection<ChatMessage> ?? [.. messages];
        var failures = new List<ModelException>();
        foreach (var client in clients)
        {
            try
            {
                return await client.GetResponseAsync(sent, options, cancellationToken);
            }
            catch (ModelException error)
            {
                failures.Add(error);
            }
        }

        throw AllFailed(failures);
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var sent = messages as IReadOnlyCollection<ChatMessage> ?? [.. messages];
        var failures = new List<ModelException>();
        foreach (var client in clients)
        {
            await using var updates = client.GetStreamingResponseAsync(sent, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
            var shown = false;
            while (true)
            {
                try
                {
                    if (!await updates.MoveNextAsync())
                    {
                        yield break;
                    }
                }
                catch (ModelException error) when (!shown)
                {
                    failures.Add(error);
                    break;
                }

                shown = shown || updates.Current.HasText();
                yield return updates.Current;
            }
        }

        throw AllFailed(failures);
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => clients[0].GetService(serviceType, serviceKey);

    public void Dispose()
    {
    }

    private static ModelException AllFailed(List<ModelException> failures) => failures.Count == 1 ? failures[0]
        : new ModelException(failures[0].Failure, $"{failures[0].Message}; {string.Join("; ", failures.Skip(1).Select(f => $"then {f.Code}: {f.Message}"))}", failures[0])
        {
            Status = failures[0].Status,
            RetryAfter = failures[0].RetryAfter,
            Raw = failures[0].Raw,
        };
}

public static class FallbackChatClientExtensions
{
    public static IChatClient UseFallback(this IChatClient client, params IReadOnlyList<IChatClient> others) => new FallbackChatClient([client, .. others]);
}
