using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Quorate.Contracts;
using Quorate.Models.Panel;
using Quorate.Models.Pipeline;

namespace Quorate.Tests.Unit.Ask;

/// <summary>Members that answer as a test says, and count how often they were asked.</summary>
internal sealed class FakePanel : IModelPanel
{
    private readonly Dictionary<string, IChatClient> _clients = [];
    private readonly List<MemberInfo> _members = [];

    public IReadOnlyList<MemberInfo> Members => _members;

    /// <summary>Member names in the order of their calls.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>That each answer is said to have taken.</summary>
    public long Tokens { get; init; } = 10;

    /// <summary>US dollars that each member's last call might spend; only of calls with a budget.</summary>
    public ConcurrentDictionary<string, decimal> Budgets { get; } = new();

    /// <summary>The last prompt of each member.</summary>
    public ConcurrentDictionary<string, IReadOnlyList<ChatMessage>> Prompts { get; } = new();

    public FakePanel Says(string name, string text, bool aggregator = false) => Does(name, (_, _) => Task.FromResult(text), aggregator);

    public FakePanel Fails(string name, Exception error, bool aggregator = false) => Does(name, (_, _) => Task.FromException<string>(error), aggregator);

    public FakePanel Hangs(string name) => Does(name, async (_, token) =>
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        return "";
    });

    /// <param name="name">The member.</param>
    /// <param name="answer">By the prompt's last message.</param>
    /// <param name="aggregator">Whether it is the panel's aggregator.</param>
    /// <param name="embedded">Whether it is no language model.</param>
    public FakePanel Does(string name, Func<string, CancellationToken, Task<string>> answer, bool aggregator = false, bool embedded = false)
    {
        _members.Add(new MemberInfo { Name = name, Provider = embedded ? "embedded" : "custom", Model = name, Aggregator = aggregator, Embedded = embedded });
        _clients[name] = new Scripted(this, name, answer);
        return this;
    }

    public IChatClient Client(string member) => _clients.GetValueOrDefault(member) ?? throw QuorateException.Input("member_unknown", $"{member} is unknown");

    /// <summary>True for the prompt of a summary.</summary>
    public static bool IsSummary(string prompt) => prompt.Contains("<data name=\"answers\">", StringComparison.Ordinal);

    private sealed class Scripted(FakePanel panel, string name, Func<string, CancellationToken, Task<string>> answer) : IChatClient
    {
        public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            var sent = messages.ToList();
            panel.Calls.Enqueue(name);
            panel.Prompts[name] = sent;
            if (CallBudget.Of(options) is { } budget)
            {
                panel.Budgets[name] = budget.LimitUsd - budget.SpentUsd;
            }

            return new ChatResponse(new ChatMessage(ChatRole.Assistant, await answer(sent[^1].Text, cancellationToken))) { Usage = new UsageDetails { TotalTokenCount = panel.Tokens } };
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
}
