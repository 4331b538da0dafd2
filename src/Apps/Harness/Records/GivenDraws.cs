using Microsoft.Extensions.AI;
using Quorate.Contracts;
using Quorate.Harness.Runs;
using Quorate.Models;

namespace Quorate.Harness.Records;

/// <summary>A planner asked for something else than it did when it was recorded.</summary>
internal sealed class ReplayDiffers(string message) : Exception(message);

/// <summary>Gives a planner the ids, times and answers that it had when a step was recorded, in that order.</summary>
internal sealed class GivenDraws
{
    private readonly Queue<string> _ids = [];
    private readonly Queue<DateTimeOffset> _times = [];
    private readonly Queue<ModelAnswer> _said = [];

    public GivenDraws() => (Ids, Time, Chat) = (new GivenIds(_ids), new GivenTime(_times), new GivenChat(_said));

    public IIdSource Ids { get; }

    public TimeProvider Time { get; }

    public IChatClient Chat { get; }

    public void Begin(PlanningStep step)
    {
        Refill(_ids, step.Ids);
        Refill(_times, step.Times);
        Refill(_said, step.Said);
    }

    private static void Refill<T>(Queue<T> queue, IReadOnlyList<T> items)
    {
        queue.Clear();
        foreach (var item in items)
        {
            queue.Enqueue(item);
        }
    }

    private static T Take<T>(Queue<T> queue, string what) => queue.TryDequeue(out var item) ? item : throw new ReplayDiffers($"asks for one {what} more than recorded");

    private sealed class GivenIds(Queue<string> ids) : IIdSource
    {
        public string Next(string prefix) => Take(ids, "id");
    }

    private sealed class GivenTime(Queue<DateTimeOffset> times) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Take(times, "time");
    }

    private sealed class GivenChat(Queue<ModelAnswer> said) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            var answer = Take(said, "answer");
            if (NotedChatClient.HashOf(messages) != answer.PromptHash)
            {
                throw new ReplayDiffers("the prompt is another than recorded");
            }

            return answer.Failure is { } failure
                ? throw new ModelException(Enum.Parse<ModelFailure>(failure), answer.Message ?? "") { Raw = answer.Raw ?? "" }
                : Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, answer.Text)));
        }

        /// <summary>Planners take whole answers.</summary>
        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new ReplayDiffers("asks for a stream");

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose() => said.Clear();
    }
}
