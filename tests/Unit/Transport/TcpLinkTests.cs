using Quorate.Protocol.Consensus;
using Quorate.Transport.Tcp;

namespace Quorate.Tests.Unit.Transport;

public class TcpLinkTests
{
    private static Status Said(ulong executed) => new(1, true, executed, 0);

    [Fact]
    public async Task Link_ManyMessages_ArriveInOrderFromWhoProvedItself()
    {
        await using var bench = new TcpBench();
        var node = bench.Node(2);
        node.Dial(0, bench.Address);
        await TcpBench.UntilAsync(() => node.IsConnected(0), "a link");
        for (var i = 0UL; i < 500; i++)
        {
            node.Send(0, Said(i));
            if (i % 7 == 0)
            {
                node.Flush();
            }
        }

        node.Flush();
        await TcpBench.UntilAsync(() => bench.Received.Count == 500, "all messages");
        Assert.All(bench.Received, received => Assert.Equal(2, received.From));
        Assert.Equal(Enumerable.Range(0, 500).Select(i => (ulong)i), bench.Received.Select(r => ((Status)r.Message).Executed));
        Assert.Equal(0, node.Dropped);
    }

    [Fact]
    public async Task Link_ListenerComesLate_IsDialledAgain()
    {
        await using var bench = new TcpBench();
        var late = bench.Node(1);
        await using var probe = new TcpNode(bench.Identity(1), TcpBench.Options);
        probe.Listen(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        var address = probe.Address!;
        await probe.DisposeAsync();
        var node = bench.Node(3);
        node.Dial(1, address);
        late.Listen(address);
        await TcpBench.UntilAsync(() => node.IsConnected(1) && late.IsConnected(3), "a link to the late one");
    }

    [Fact]
    public async Task Link_PeerStartsAgain_ReplacesTheOldConnection()
    {
        await using var bench = new TcpBench();
        await using (var first = new TcpNode(bench.Identity(2), TcpBench.Options))
        {
            first.Dial(0, bench.Address);
            await TcpBench.UntilAsync(() => bench.Listener.IsConnected(2), "the first link");
        }

        var second = bench.Node(2);
        second.Dial(0, bench.Address);
        await TcpBench.UntilAsync(() => second.IsConnected(0), "the second link");
        second.Send(0, Said(9));
        second.Flush();
        await TcpBench.UntilAsync(() => !bench.Received.IsEmpty, "a message over it");
    }

    [Fact]
    public async Task Link_ClientsShareIt_EachIsBelievedForItselfOnly()
    {
        await using var bench = new TcpBench();
        var node = bench.Node(4, null, 5);
        node.Dial(0, bench.Address);
        await TcpBench.UntilAsync(() => bench.Listener.IsConnected(4) && bench.Listener.IsConnected(5), "both clients");
        foreach (var client in new[] { 4, 5, 6 })
        {
            node.Send(0, new Request(client, 1, RequestKind.Operation, [1], []));
        }

        node.Flush();
        await TcpBench.UntilAsync(() => bench.Received.Count == 3, "three requests");
        // Client 6 proved nothing: what is said in its name counts as said by the link's own client.
        Assert.Equal([4, 5, 4], bench.Received.Select(r => r.From));
    }

    [Fact]
    public async Task Link_NoRoom_DropsAndCounts()
    {
        await using var bench = new TcpBench();
        var node = bench.Node(2, TcpBench.Options with { SendBytes = 4_000 });
        node.Send(0, Said(1));
        Assert.Equal(1, node.Dropped);
        node.Dial(0, bench.Address);
        await TcpBench.UntilAsync(() => node.IsConnected(0), "a link");
        for (var i = 0UL; i < 1_000; i++)
        {
            node.Send(0, Said(i));
        }

        Assert.True(node.Dropped > 800, $"{node.Dropped} dropped");
        node.Flush();
        await TcpBench.UntilAsync(() => bench.Received.Count + node.Dropped == 1_001, "all that was not dropped");
    }

    [Fact]
    public async Task Query_ConnectedReplica_Answers()
    {
        await using var bench = new TcpBench();
        bench.Listener.OnQuery((from, question) => [(byte)from, .. question]);
        var node = bench.Node(4);
        node.Dial(0, bench.Address);
        await TcpBench.UntilAsync(() => node.IsConnected(0), "a link");
        Assert.Equal([4, 7, 8], await node.QueryAsync(0, [7, 8], TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        Assert.Empty(await node.QueryAsync(1, [7, 8], TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }
}
