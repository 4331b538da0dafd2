using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Quorate.Models.Panel;

namespace Quorate.Models.Pipeline;

/// <summary>
/// Tells what an answer cost, and draws it from the call's <see cref="CallBudget"/>: a call whose worst case does not fit is not made
/// (<see cref="ModelFailure.OverBudget"/>). What the server did not count, and what it may have billed before a call broke off, counts
/// at its worst case.
/// </summary>
public sealed class CostChatClient(IChatClient inner, TokenPrice price, int maxTokens) : DelegatingChatClient(inner)
{
    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var sent = messages as IReadOnlyCollection<ChatMessage> ?? [.. messages];
        var draft = new Draft(price, sent, options, maxTokens);
        try
        {
            var response = await base.GetResponseAsync(sent, options, cancellationToken);
            response.SetCost(draft.Settle(response.Usage));
            return response;
        }
        catch (ModelException error)
        {
            draft.Fail(error);
            throw;
        }
        finally
        {
            draft.Close();
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var sent = messages as IReadOnlyCollection<ChatMessage> ?? [.. messages];
        var draft = new Draft(price, sent, options, maxTokens);
        try
        {
            await using var updates = base.GetStreamingResponseAsync(sent, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (true)
            {
                try
                {
                    if (!await updates.MoveNextAsync())
                    {
                        break;
                    }
                }
                catch (ModelException error)
                {
                    draft.Fail(error);
                    throw;
                }

                var update = updates.Current;
                if (update.Usage() is { } usage)
                {
                    update.SetCost(draft.Settle(usage));
                }

                yield return update;
            }

            if (!draft.Settled && !price.IsFree)
            {
                var last = new ChatResponseUpdate { Role = ChatRole.Assistant };
                last.SetCost(draft.Settle(null));
                yield return last;
            }
        }
        finally
        {
            draft.Close();
        }
    }

    /// <summary>One call's reservation; settled once.</summary>
    private sealed class Draft
    {
        private readonly TokenPrice _price;
        private readonly CallBudget? _budget;
        private readonly decimal _reserved;

        public Draft(TokenPrice price, IReadOnlyCollection<ChatMessage> messages, ChatOptions? options, int maxTokens)
        {
            _price = price;
            _budget = CallBudget.Of(options);
            _reserved = price.WorstCase(messages, options?.MaxOutputTokens ?? maxTokens);
            if (_budget?.TryReserve(_reserved) == false)
            {
                throw new ModelException(ModelFailure.OverBudget, $"the call may cost {_reserved:0.######} USD, and {_budget.LimitUsd - _budget.SpentUsd:0.######} of the budget's {_budget.LimitUsd:0.######} are left or reserved by other calls");
            }
        }

        public bool Settled { get; private set; }

        public decimal Settle(UsageDetails? usage)
        {
            var cost = _price.Of(usage) ?? _reserved;
            if (!Settled)
            {
                Settled = true;
                _budget?.Settle(_reserved, cost);
            }

            return cost;
        }

        public void Fail(ModelException error)
        {
            if (!Settled && error.Failure is ModelFailure.Refused or ModelFailure.RateLimited or ModelFailure.ServerError or ModelFailure.Unreachable or ModelFailure.CircuitOpen)
            {
                Settled = true;
                _budget?.Settle(_reserved, 0);
            }
        }

        public void Close() => Settle(null);
    }
}

public static class CostChatClientExtensions
{
    /// <param name="client">Makes the calls.</param>
    /// <param name="price">Of the client's tokens.</param>
    /// <param name="maxTokens">Tokens of an answer when the call's options give no number.</param>
    public static IChatClient UseCost(this IChatClient client, TokenPrice price, int maxTokens) => new CostChatClient(client, price, maxTokens);
}
