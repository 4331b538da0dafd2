using Microsoft.Extensions.AI;
using Quorate.Models;
using Quorate.Models.Panel;
using Quorate.Models.Pipeline;

namespace Quorate.Tests.Unit.Models;

public sealed class CallBudgetTests
{
    private static readonly TokenPrice Price = new(1_000, 1_000);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task UseCost_ThousandRacingCalls_OverspendNothing(bool stream)
    {
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var inner = new FakeChatClient(async _ =>
        {
            await Task.Yield();
            return FakeChatClient.Answer("yes", input: 20, output: 100);
        });
        using var client = inner.UseCost(Price, maxTokens: 100);
        var budget = new CallBudget(1.0m);
        var options = budget.In(null);
        var calls = Enumerable.Range(0, 1_000).Select(_ => Task.Run(async () =>
        {
            await start.Task;
            try
            {
                var response = stream ? await client.GetStreamingResponseAsync("hello", options, Cancelled).ToChatResponseAsync(Cancelled) : await client.GetResponseAsync("hello", options, Cancelled);
                Assert.Equal(0.12m, response.CostUsd());
                Assert.InRange(budget.SpentUsd, 0.12m, 1.0m);
                return 1;
            }
            catch (ModelException error) when (error.Failure == ModelFailure.OverBudget)
            {
                return 0;
            }
        }, Cancelled)).ToList();
        start.SetResult();
        var made = (await Task.WhenAll(calls)).Sum();
        Assert.Equal(inner.Calls, made);
        Assert.InRange(made, 1, 8);
        Assert.Equal(made * 0.12m, budget.SpentUsd);
    }

    [Theory]
    [InlineData(ModelFailure.Unreachable, 0)]
    [InlineData(ModelFailure.RateLimited, 0)]
    [InlineData(ModelFailure.Cut, 0.121)]
    [InlineData(ModelFailure.Stalled, 0.121)]
    public async Task UseCost_CallFails_CountsWhatMayHaveBeenBilled(ModelFailure failure, double spent)
    {
        using var inner = new FakeChatClient(_ => throw new ModelException(failure, "no"));
        using var client = inner.UseCost(Price, maxTokens: 100);
        var budget = new CallBudget(1);
        await Assert.ThrowsAsync<ModelException>(() => client.GetResponseAsync("hello", budget.In(null), Cancelled));
        // 5 bytes, 16 for the message, 100 for the answer.
        Assert.Equal((decimal)spent, budget.SpentUsd);
        Assert.True(budget.TryReserve(1 - (decimal)spent));
    }

    [Fact]
    public async Task UseCost_CallerLeaves_CountsTheWorstCase()
    {
        using var inner = new FakeChatClient(async token =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
            return FakeChatClient.Answer("never");
        });
        using var client = inner.UseCost(Price, maxTokens: 100);
        var budget = new CallBudget(1);
        using var leaving = new CancellationTokenSource();
        var call = client.GetResponseAsync("hello", budget.In(null), leaving.Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(0.121m, budget.SpentUsd);
    }

    [Fact]
    public async Task UseCost_ServerDoesNotCount_ChargesTheWorstCase()
    {
        using var inner = new FakeChatClient(_ => Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "hi"))));
        using var client = inner.UseCost(Price, maxTokens: 100);
        Assert.Equal(0.121m, (await client.GetResponseAsync("hello", cancellationToken: Cancelled)).CostUsd());
    }

    [Fact]
    public void TryReserve_FreeCallOfAnEmptyBudget_Passes() => Assert.True(new CallBudget(0).TryReserve(0));
}
