using System.Collections.Concurrent;
using Quorate.Contracts;
using Quorate.Protocol.Messaging;
using Quorate.Tests.Unit.Storage;
using Quorate.Tests.Unit.Triage.Fakes;
using Quorate.Transport.Messaging;

namespace Quorate.Tests.Unit.Messaging;

public sealed class InProcessBusTests
{
    private static readonly string[] Names = ["ann", "bob", "cid"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Agents_SignedAndConcurrent_HandleEachMessageOnceInOrder()
    {
        var heard = new ConcurrentDictionary<string, List<ulong>>();
        var all = new CountdownEvent(400);
        await using var bus = await InProcessBus.StartAsync(
            Names,
            new InProcessBusOptions
            {
                IsSigned = true,
                Handler = name => (message, _, _) =>
                {
                    heard.GetOrAdd($"{message.Sender}>{name}", _ => []).Add(message.Sequence);
                    all.Signal();
                    return ValueTask.FromResult<ReadOnlyMemory<byte>?>(null);
                },
            },
            Token);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => bus["ann"].SendAsync(new MessageDraft("c", ["bob", "cid"], BitConverter.GetBytes(i)), Token)));
        Assert.True(all.Wait(TimeSpan.FromSeconds(30), Token));
        Assert.Equal(Enumerable.Range(1, 200).Select(n => (ulong)n), heard["ann>bob"]);
        Assert.Equal(heard["ann>bob"], heard["ann>cid"]);
    }

    [Fact]
    public async Task Durable_EffectAndAnswer_AreStoredTogetherAndTheOutboxEmpties()
    {
        await using var fixture = await StoreFixture.CreateAsync();
        var answered = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var bus = await InProcessBus.StartAsync(
            Names,
            new InProcessBusOptions
            {
                Journal = fixture.Store.Messages,
                Handler = name => (message, context, _) =>
                {
                    if (name == "bob")
                    {
                        context.Send(new MessageDraft("c", ["ann"], "answer"u8.ToArray()));
                    }
                    else
                    {
                        answered.TrySetResult(message.Text);
                    }

                    return ValueTask.FromResult<ReadOnlyMemory<byte>?>(message.Payload);
                },
            },
            Token);
        await bus["ann"].SendAsync(new MessageDraft("c", ["bob"], "question"u8.ToArray()), Token);
        Assert.Equal("answer", await answered.Task.WaitAsync(TimeSpan.FromSeconds(30), Token));
        Assert.Equal("question"u8.ToArray(), Assert.Single(await fixture.Store.Messages.ReadEffectsAsync("bob", 0, 10, Token)).Content);
        while ((await bus["bob"].CountAsync(Token)).Outbox + (await bus["ann"].CountAsync(Token)).Outbox > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Token);
        }
    }

    [Fact]
    public async Task Durable_Reopened_GoesOnWithNumbersMarksAndDeadLetters()
    {
        await using var fixture = await StoreFixture.CreateAsync();
        var journal = fixture.Store.Messages;
        var ann = new Messenger("ann", new MessagingOptions { MaxAttempts = 1, FirstRetry = 1 }, 1);
        ann.Send([new MessageDraft("c", ["bob"], "1"u8.ToArray()), new MessageDraft("c", ["bob"], "2"u8.ToArray())], 0);
        ann.Receive("bob", new Receipt("c", 2, Verdict.Accepted), 0);
        ann.Tick(10);
        ann.Receive("cid", new AgentMessage { Sender = "cid", Receiver = "ann", Sequence = 3, Deadline = 100 }, 0);
        Assert.True(ann.TryNext(out var message));
        ann.Complete(message, handled: true, "done"u8.ToArray(), 0);
        await journal.CommitAsync("ann", ann.Changes, Token);

        var state = await journal.LoadAsync("ann", Token);
        Assert.Equal(("1", DeadReasons.Attempts), Assert.Single(state.Dead) is var dead ? (dead.Message.Text, dead.Reason) : default);
        Assert.Equal((0, 2UL, 0UL), (state.Outgoing.Count, Assert.Single(state.Sequences).Sequence, Assert.Single(state.Marks).Contiguous));
        Assert.Equal([3UL], state.Marks[0].Beyond);
        Assert.Equal("c/ann/bob/1", Assert.Single(await journal.ListDeadAsync("ann", 10, Token)).Token);
        var again = new Messenger("ann", new MessagingOptions(), 1);
        again.Restore(state, 0);
        Assert.Equal(3UL, again.Send(new MessageDraft("c", ["bob"], default), 0)[0].Sequence);
        again.Receive("cid", message, 0);
        Assert.Equal((1L, false), (again.Counters.Duplicates, again.TryNext(out _)));
    }

    [Fact]
    public async Task Message_DueAfterMoreThanAMinute_IsGivenUpThen()
    {
        var time = new FakeTime();
        var options = new InProcessBusOptions
        {
            Time = time,
            Messaging = new MessagingOptions { FirstRetry = 200_000, MaxRetry = 200_000, JitterPercent = 0, MaxAttempts = 1 },
            Handler = _ => (_, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(null),
        };
        await using var bus = await InProcessBus.StartAsync(["ann"], options, Token);
        await bus["ann"].SendAsync(new MessageDraft("c", ["gone"], "x"u8.ToArray()), Token);
        async Task GivenUpAsync()
        {
            while (bus["ann"].Counters.Dead == 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Token);
            }
        }

        await time.RunAsync(GivenUpAsync(), TimeSpan.FromSeconds(10), maxSteps: 200);
        Assert.InRange(time.GetUtcNow() - FakeTime.Start, TimeSpan.FromSeconds(200), TimeSpan.FromSeconds(400));
    }

    [Fact]
    public async Task Caller_HandingInNonsense_FailsAloneAndTheAgentGoesOn()
    {
        var options = new InProcessBusOptions { Handler = _ => (_, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(null) };
        await using var bus = await InProcessBus.StartAsync(["ann"], options, Token);
        await Assert.ThrowsAnyAsync<Exception>(() => bus["ann"].SendAsync(new MessageDraft("c", null!, "x"u8.ToArray()), Token));
        Assert.Equal(1UL, (await bus["ann"].SendAsync(new MessageDraft("c", ["bob"], "x"u8.ToArray()), Token))[0].Sequence);
    }

    [Fact]
    public async Task DeadLetters_OfAStoreWithoutAny_AreNone()
    {
        await using var fixture = await StoreFixture.CreateAsync();
        Assert.Empty(await fixture.Store.Messages.ListDeadAsync(null, 10, Token));
    }

    [Fact]
    public async Task Store_Full_IsAClearErrorAndTheAgentGoesOnFromWhatIsStored()
    {
        await using var fixture = await StoreFixture.CreateAsync();
        await using var store = await fixture.OpenAsync(maxBytes: 400 << 10);
        await using var bus = await InProcessBus.StartAsync(["ann"], new InProcessBusOptions { Journal = store.Messages, Handler = _ => (_, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(null) }, Token);
        var first = await bus["ann"].SendAsync(new MessageDraft("c", ["bob"], new byte[100]), Token);
        var failure = await Assert.ThrowsAsync<QuorateException>(() => bus["ann"].SendAsync(new MessageDraft("c", ["bob"], new byte[1 << 20]), Token));
        Assert.Equal("store_full", failure.Code);
        IReadOnlyList<AgentMessage>? next = null;
        while (next is null)
        {
            try
            {
                next = await bus["ann"].SendAsync(new MessageDraft("c", ["bob"], new byte[100]), Token);
            }
            catch (QuorateException)
            {
                // Until it has read again what is stored.
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Token);
            }
        }

        Assert.Equal((1UL, 2UL), (first[0].Sequence, next[0].Sequence));
    }
}
