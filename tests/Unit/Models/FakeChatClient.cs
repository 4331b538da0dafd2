using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Quorate.Tests.Unit.Models;

/// <summary>Answers as a test says.</summary>
internal sealed class FakeChatClient(Func<CancellationToken, Task<ChatResponse>> answer) : IChatClient
{
    private int _calls;

    public int Calls => _calls;

    public static ChatResponse Answer(string text, long input = 10, long output = 10) => new(new ChatMessage(ChatRole.Assistant, text))
    {
        FinishReason = ChatFinishReason.Stop,
        Usage = new UsageDetails { InputTokenCount = input, OutputTokenCount = output },
    };

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _calls);
        return answer(cancellationToken);
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
        {
            yield return update;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
