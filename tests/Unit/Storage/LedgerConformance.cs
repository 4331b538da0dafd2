using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Ports;
using Quorate.Protocol.Provenance;

namespace Quorate.Tests.Unit.Storage;

/// <summary>What every ledger must do, whatever holds it. A subclass brings an empty one.</summary>
public abstract class LedgerConformance : IAsyncLifetime
{
    protected abstract ILedger Ledger { get; }

    protected abstract StandingClock Clock { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public abstract ValueTask InitializeAsync();

    public abstract ValueTask DisposeAsync();

    [Fact]
    public async Task Append_FirstEntries_AreChainedFromGenesis()
    {
        var first = await Ledger.AppendAsync(StoreFixture.Draft(1), Token);
        var second = await Ledger.AppendAsync(StoreFixture.Draft(2), Token);
        Assert.Equal((1, LedgerChain.GenesisHash), (first.Seq, first.PrevHash));
        Assert.Equal((2, first.Hash), (second.Seq, second.PrevHash));
        Assert.Equal([first, second], await ReadAsync(new LedgerFilter()));
        Assert.All(new[] { first, second }, e => Assert.Equal(LedgerChain.Hash(e), e.Hash));
    }

    [Fact]
    public async Task Append_PayloadInAnyOrder_IsKeptInCanonicalForm()
    {
        using var json = System.Text.Json.JsonDocument.Parse("""{ "b": 1.0, "a": "\u00e9\u0000" }""");
        var entry = await Ledger.AppendAsync(new LedgerDraft("trigger", "inc-1", json.RootElement), Token);
        Assert.Equal("{\"a\":\"é\\u0000\",\"b\":1}", entry.Payload);
        Assert.Equal([entry], await ReadAsync(new LedgerFilter()));
    }

    [Fact]
    public async Task Append_Concurrently_GivesOneChainWithoutGaps()
    {
        var entries = await Task.WhenAll(Enumerable.Range(1, 1_500).Select(i => Ledger.AppendAsync(StoreFixture.Draft(i), Token)));
        Assert.Equal(Enumerable.Range(1, 1_500).Select(i => (long)i), entries.Select(e => e.Seq).Order());
        var read = await ReadAsync(new LedgerFilter());
        Assert.Equal(entries.OrderBy(e => e.Seq), read);
        Assert.All(read.Zip(read.Skip(1)), pair => Assert.Equal(pair.First.Hash, pair.Second.PrevHash));
        Assert.Contains(await Ledger.ReadCheckpointsAsync(Token), c => c.Seq == 1000 && c.Hash == read[999].Hash);
    }

    [Fact]
    public async Task Append_NameThatCannotBeKept_IsRefusedAndLeavesNothing()
    {
        var draft = StoreFixture.Draft(1);
        foreach (var name in new[] { string.Empty, "a\0b", "\ud800", new string('x', 501) })
        {
            Assert.Equal("entry_invalid", (await Assert.ThrowsAsync<QuorateException>(() => Ledger.AppendAsync(draft with { Subject = name }, Token))).Code);
            Assert.Equal("entry_invalid", (await Assert.ThrowsAsync<QuorateException>(() => Ledger.AppendAsync(draft with { Kind = name }, Token))).Code);
        }

        Assert.Empty(await ReadAsync(new LedgerFilter()));
    }

    [Fact]
    public async Task Append_Cancelled_ThrowsAndLeavesNothing()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Ledger.AppendAsync(StoreFixture.Draft(1), new CancellationToken(canceled: true)));
        Assert.Empty(await ReadAsync(new LedgerFilter()));
    }

    [Fact]
    public async Task Checkpoint_Repeated_IsOneSignedHead()
    {
        await StoreFixture.AppendManyAsync(Ledger, 3);
        var checkpoint = await Ledger.CheckpointAsync(Token);
        Assert.Equal(checkpoint, await Ledger.CheckpointAsync(Token));
        Assert.Equal([checkpoint], await Ledger.ReadCheckpointsAsync(Token));
        Assert.Equal((3, (await ReadAsync(new LedgerFilter()))[^1].Hash), (checkpoint.Seq, checkpoint.Hash));
    }

    [Fact]
    public async Task Read_WithFilters_GivesExactlyWhatTheyAskFor()
    {
        for (var i = 1; i <= 12; i++)
        {
            Clock.Now = Clock.Now.AddSeconds(1);
            await Ledger.AppendAsync(StoreFixture.Draft(i, i % 4 == 0 ? LedgerKinds.LlmRun : LedgerKinds.TaskIntent), Token);
        }

        var all = await ReadAsync(new LedgerFilter());
        await Expect(new LedgerFilter { Subject = "inc-1" }, e => e.Subject == "inc-1");
        await Expect(new LedgerFilter { Kinds = [LedgerKinds.LlmRun, "none"] }, e => e.Kind == LedgerKinds.LlmRun);
        await Expect(new LedgerFilter { Kinds = [] }, _ => false);
        await Expect(new LedgerFilter { DecisionTag = DecisionTag.Deterministic }, e => e.DecisionTag == DecisionTag.Deterministic);
        await Expect(new LedgerFilter { Since = all[4].At }, e => e.Seq >= 5);
        await Expect(new LedgerFilter { AfterSeq = 7 }, e => e.Seq > 7);
        await Expect(new LedgerFilter { Limit = 5 }, e => e.Seq <= 5);
        await Expect(new LedgerFilter { Limit = 0 }, _ => false);
        await Expect(new LedgerFilter { Limit = 3, Newest = true }, e => e.Seq >= 10);
        await Expect(new LedgerFilter { Limit = 2, Newest = true, Subject = "inc-1" }, e => e.Seq is 7 or 10);

        async Task Expect(LedgerFilter filter, Func<LedgerEntry, bool> wanted) => Assert.Equal(all.Where(wanted), await ReadAsync(filter));
    }

    [Theory]
    [InlineData("LLM_rUN", 4)]
    [InlineData("INC-2", 2, 5)]
    [InlineData("of 100% \"DONE\"", 1, 2, 3, 4, 5)]
    [InlineData("größe 3", 3)]
    [InlineData("%3%")]
    [InlineData("gr__e")]
    [InlineData("!%")]
    public async Task Read_Text_IsFoundInAnyCaseAndTakenLiterally(string text, params int[] expected)
    {
        for (var i = 1; i <= 5; i++)
        {
            await Ledger.AppendAsync(StoreFixture.Draft(i, i == 4 ? LedgerKinds.LlmRun : LedgerKinds.TaskIntent), Token);
        }

        Assert.Equal(expected.Select(i => (long)i), (await ReadAsync(new LedgerFilter { Text = text })).Select(e => e.Seq));
    }

    [Fact]
    public async Task Read_MoreThanAPage_IsCompleteAndInOrder()
    {
        await StoreFixture.AppendManyAsync(Ledger, 1_203);
        Assert.Equal(Enumerable.Range(1, 1_203).Select(i => (long)i), (await ReadAsync(new LedgerFilter())).Select(e => e.Seq));
        Assert.Equal(Enumerable.Range(104, 1_100).Select(i => (long)i), (await ReadAsync(new LedgerFilter { Limit = 1_100, Newest = true })).Select(e => e.Seq));
    }

    private async Task<List<LedgerEntry>> ReadAsync(LedgerFilter filter)
    {
        var entries = new List<LedgerEntry>();
        await foreach (var entry in Ledger.ReadAsync(filter, Token))
        {
            entries.Add(entry);
        }

        return entries;
    }
}

/// <summary>What every lease store must do.</summary>
public abstract class LeaseConformance : IAsyncLifetime
{
    protected abstract ILeaseStore Leases { get; }

    protected abstract StandingClock Clock { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public abstract ValueTask InitializeAsync();

    public abstract ValueTask DisposeAsync();

    [Fact]
    public async Task Acquire_HeldLease_IsRenewedByItsOwnerOnlyUntilItExpires()
    {
        var minute = TimeSpan.FromMinutes(1);
        Assert.Null(await Leases.FindOwnerAsync("site", Token));
        Assert.True(await Leases.TryAcquireAsync("site", "a", minute, Token));
        Assert.False(await Leases.TryAcquireAsync("site", "b", minute, Token));
        Clock.Now += TimeSpan.FromSeconds(50);
        Assert.True(await Leases.TryAcquireAsync("site", "a", minute, Token));
        Clock.Now += TimeSpan.FromSeconds(59);
        Assert.False(await Leases.TryAcquireAsync("site", "b", minute, Token));
        Assert.Equal("a", await Leases.FindOwnerAsync("site", Token));
        Clock.Now += TimeSpan.FromSeconds(1);
        Assert.Null(await Leases.FindOwnerAsync("site", Token));
        Assert.True(await Leases.TryAcquireAsync("site", "b", minute, Token));
        Assert.Equal("b", await Leases.FindOwnerAsync("site", Token));
    }

    [Fact]
    public async Task Release_FreesOnlyInTheHoldersName()
    {
        Assert.True(await Leases.TryAcquireAsync("site", "a", TimeSpan.FromMinutes(1), Token));
        await Leases.ReleaseAsync("site", "b", Token);
        Assert.Equal("a", await Leases.FindOwnerAsync("site", Token));
        await Leases.ReleaseAsync("site", "a", Token);
        Assert.True(await Leases.TryAcquireAsync("site", "b", TimeSpan.FromMinutes(1), Token));
    }

    [Fact]
    public async Task Acquire_ByManyAtOnce_HasOneWinner()
    {
        var won = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Leases.TryAcquireAsync("site", $"owner-{i}", TimeSpan.FromMinutes(1), Token)));
        Assert.Single(won, w => w);
    }
}
