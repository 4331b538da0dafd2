using System.Collections.Concurrent;
using Quorate.Protocol.Consensus;
using Quorate.Transport;
using Quorate.Transport.Clients;
using Quorate.Transport.Driving;
using Quorate.Tests.Unit.Triage.Fakes;

namespace Quorate.Tests.Unit.Transport;

public sealed class ReplicaDriverTests : IDisposable
{
    private readonly KeyPairs keys = KeyPairs.Generate("driver", 4, 1, 1);

    public void Dispose() => keys.Dispose();

    [Fact]
    public async Task Driver_DiskRefuses_SaysNothingMoreAndFails()
    {
        var links = new HeardLinks();
        await using var driver = new ReplicaDriver(0, Context(0), new CounterState(), links, new ReplicaDriverOptions { Log = new FullDisk() });
        driver.Post(4, Ask(1), 100);
        await Assert.ThrowsAsync<IOException>(() => driver.Completion.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        driver.Post(4, Ask(2), 100);
        Assert.DoesNotContain(links.Heard, heard => heard.Message is PrePrepare);
    }

    [Fact]
    public async Task Driver_RecordsAreFlushed_BeforeAnythingLeaves()
    {
        var order = new ConcurrentQueue<string>();
        var links = new HeardLinks(message => order.Enqueue(message.Kind.ToString()));
        await using var driver = new ReplicaDriver(0, Context(0), new CounterState(), links, new ReplicaDriverOptions { Log = new NotedLog(order) });
        driver.Post(4, Ask(1), 100);
        await TcpBench.UntilAsync(() => order.Contains("PrePrepare"), "a proposal");
        Assert.Equal(["append", "flush", "PrePrepare", "PrePrepare", "PrePrepare"], order.Where(what => what != "Status").Take(5));
    }

    [Fact]
    public void Inbox_FloodFromOne_LeavesRoomForOthersAndIsCounted()
    {
        var inbox = new Inbox(4, 2, 100);
        for (var i = 0; i < 5; i++)
        {
            inbox.Add(new Incoming(1, Ask(1), 10));
        }

        inbox.Add(new Incoming(2, Ask(1), 90));
        inbox.Add(new Incoming(2, Ask(1), 11));
        Assert.Equal(4, inbox.Dropped);
        Assert.True(inbox.TryStart());
        Assert.False(inbox.TryStart());
        Assert.True(inbox.Take(out var messages));
        Assert.Equal([1, 1, 2], messages.Select(m => m.From));
        Assert.False(inbox.Take(out _));
    }

    [Fact]
    public async Task Client_NoAnswer_AsksEveryoneWithGrowingPausesAndBelievesFPlusOne()
    {
        var time = new FakeTime();
        var links = new HeardLinks();
        using var client = new ConsensusClient(4, Context(4), links, new ConsensusClientOptions { Time = time });
        var answer = client.RequestAsync([1], cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal([0], links.Heard.Select(heard => heard.To));
        time.Advance(TimeSpan.FromMilliseconds(160));
        Assert.Equal([0, 0, 1, 2, 3], links.Heard.Select(heard => heard.To));
        time.Advance(TimeSpan.FromMilliseconds(160));
        Assert.Equal(5, links.Heard.Count);
        time.Advance(TimeSpan.FromMilliseconds(160));
        Assert.Equal(9, links.Heard.Count);

        var request = (Request)links.Heard.First().Message;
        Reply Said(int replica, byte result) => new(3, 4, request.Sequence, replica, [result]);
        client.Receive(1, Said(1, 66));
        client.Receive(2, Said(3, 66));
        client.Receive(2, Said(2, 7));
        Assert.False(answer.IsCompleted);
        client.Receive(3, Said(3, 7));
        Assert.Equal([7], (await answer).Result);

        // The replies named view 3: its leader is asked next.
        _ = client.RequestAsync([2], cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(3, links.Heard.Last().To);
    }

    [Fact]
    public void Client_OneRequestStuck_NeverLeavesTheWindowBehind()
    {
        var links = new HeardLinks();
        using var client = new ConsensusClient(4, Context(4), links, new ConsensusClientOptions { Time = new FakeTime() });
        var first = (ulong?)null;
        for (var i = 0; i < 40; i++)
        {
            _ = client.RequestAsync([1], cancellationToken: TestContext.Current.CancellationToken);
        }

        foreach (var (_, message) in links.Heard.ToArray().Skip(1))
        {
            first ??= ((Request)links.Heard.First().Message).Sequence;
            var sequence = ((Request)message).Sequence;
            client.Receive(0, new Reply(0, 4, sequence, 0, [1]));
            client.Receive(1, new Reply(0, 4, sequence, 1, [1]));
        }

        Assert.Equal(16, links.Heard.Count);
        client.Receive(0, new Reply(0, 4, first!.Value, 0, [1]));
        client.Receive(1, new Reply(0, 4, first.Value, 1, [1]));
        Assert.Equal(32, links.Heard.Count);
    }

    private ConsensusContext Context(int principal) =>
        new(keys.Directory.Membership, keys.Directory.Hash, keys.CryptoOf(principal), new AnyRules(), new ConsensusOptions());

    private Request Ask(ulong sequence) => Request.Sign(keys.CryptoOf(4), keys.Directory.Hash, 4, sequence, RequestKind.Operation, [1]);

    private sealed class HeardLinks(Action<Message>? told = null) : ILinks
    {
        public ConcurrentQueue<(int To, Message Message)> Heard { get; } = new();

        public long Dropped => 0;

        public void Send(int to, Message message)
        {
            told?.Invoke(message);
            Heard.Enqueue((to, message));
        }

        public void Flush()
        {
            // Heard at once.
        }
    }

    private class NotedLog(ConcurrentQueue<string> order) : IRecordLog
    {
        public IReadOnlyList<DurableRecord> Recovered => [];

        public bool WantsCompaction => false;

        public void Append(DurableRecord record) => order.Enqueue("append");

        public virtual void Flush() => order.Enqueue("flush");

        public void Compact(IReadOnlyList<DurableRecord> records) => throw new InvalidOperationException("nothing asked for it");
    }

    private sealed class FullDisk() : NotedLog(new ConcurrentQueue<string>())
    {
        public override void Flush() => throw new IOException("no space left on device");
    }
}
