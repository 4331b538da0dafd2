using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Quorate.Contracts;
using Quorate.Protocol.Consensus;
using Quorate.Transport;
using Quorate.Transport.Tcp;

namespace Quorate.Tests.Unit.Transport;

public class TcpHostileTests
{
    private static byte[] Said => new Status(1, true, 2, 0).Encoded.ToArray();

    [Fact]
    public async Task Handshake_KeyOfAnother_IsRefused()
    {
        await using var bench = new TcpBench();
        using var socket = await bench.ConnectAsync();
        // Replica 3 says that it is replica 2.
        var liar = new LinkIdentity(2, bench.Keys.Directory, bench.Keys.CryptoOf(3));
        await LinkHandshake.DialAsync(socket, liar, 0, TestContext.Current.CancellationToken);
        Assert.True(await TcpBench.IsClosedAsync(socket));
        Assert.Equal(1, bench.Listener.Refused);
        Assert.False(bench.Listener.IsConnected(2));
    }

    [Fact]
    public async Task Handshake_OtherGroup_IsRefused()
    {
        await using var bench = new TcpBench();
        using var others = KeyPairs.Generate("links", 4, 1, 3);
        using var socket = await bench.ConnectAsync();
        var stranger = new LinkIdentity(2, others.Directory, others.CryptoOf(2));
        await Assert.ThrowsAsync<SocketException>(() => LinkHandshake.DialAsync(socket, stranger, 0, TestContext.Current.CancellationToken));
        await TcpBench.UntilAsync(() => bench.Listener.Refused == 1, "a refusal");
        Assert.Contains("another group", bench.Listener.LastFault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Handshake_WrongReplicaAnswers_IsRefusedByTheDialler()
    {
        await using var bench = new TcpBench();
        using var socket = await bench.ConnectAsync();
        await Assert.ThrowsAsync<SocketException>(() => LinkHandshake.DialAsync(socket, bench.Identity(3), 1, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Handshake_Replayed_IsRefused()
    {
        await using var bench = new TcpBench();
        using var recorder = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        recorder.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        recorder.Listen();
        var recording = RecordAsync(recorder, bench.Address);
        using (var honest = new Socket(SocketType.Stream, ProtocolType.Tcp))
        {
            await honest.ConnectAsync(recorder.LocalEndPoint!, TestContext.Current.CancellationToken);
            Assert.Null((await LinkHandshake.DialAsync(honest, bench.Identity(2), 0, TestContext.Current.CancellationToken)).Fault);
            await TcpBench.UntilAsync(() => bench.Listener.IsConnected(2), "the recorded link");
        }

        var recorded = await recording;
        await TcpBench.UntilAsync(() => !bench.Listener.IsConnected(2), "its end");
        using var replay = await bench.ConnectAsync();
        await replay.SendAsync(recorded, TestContext.Current.CancellationToken);
        Assert.True(await TcpBench.IsClosedAsync(replay));
        Assert.Equal(1, bench.Listener.Refused);
        Assert.False(bench.Listener.IsConnected(2));
    }

    [Fact]
    public async Task Handshake_RandomBytes_AreRefused()
    {
        await using var bench = new TcpBench();
        var random = new Random(7);
        for (var i = 0; i < 20; i++)
        {
            using var socket = await bench.ConnectAsync();
            var bytes = new byte[200 + random.Next(2_000)];
            random.NextBytes(bytes);
            await socket.SendAsync(bytes, TestContext.Current.CancellationToken);
            Assert.True(await TcpBench.IsClosedAsync(socket));
        }

        await TcpBench.UntilAsync(() => bench.Listener.Refused == 20, "twenty refusals");
        Assert.Empty(bench.Received);
    }

    [Fact]
    public async Task Handshake_FloodOfSilentConnections_LeavesRoomForMembers()
    {
        await using var bench = new TcpBench(TcpBench.Options with { Unauthenticated = 4, HandshakeTimeout = TimeSpan.FromMilliseconds(300) });
        var silent = new List<Socket>();
        for (var i = 0; i < 20; i++)
        {
            silent.Add(await bench.ConnectAsync());
        }

        await TcpBench.UntilAsync(() => bench.Listener.Refused >= 16, "the surplus refused");
        var member = bench.Node(2);
        member.Dial(0, bench.Address);
        await TcpBench.UntilAsync(() => member.IsConnected(0), "a member's link");
        await TcpBench.UntilAsync(() => bench.Listener.Refused >= 20, "the silent ones timed out");
        silent.ForEach(socket => socket.Dispose());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    [InlineData((8 << 20) + 1)]
    public async Task Record_LengthOutOfBounds_ClosesTheLink(int length)
    {
        await using var bench = new TcpBench();
        var (socket, _) = await bench.ShakeAsync(4);
        var header = new byte[RecordCipher.HeaderSize];
        BinaryPrimitives.WriteInt32BigEndian(header, length);
        await socket.SendAsync(header, TestContext.Current.CancellationToken);
        Assert.True(await TcpBench.IsClosedAsync(socket));
        socket.Dispose();
    }

    [Fact]
    public async Task Record_AnyByteFlipped_ClosesTheLinkUnread()
    {
        await using var bench = new TcpBench();
        var size = TcpBench.Record(new RecordCipher(new byte[32]), Said).Length;
        for (var i = 4; i < size; i++)
        {
            var (socket, sealer) = await bench.ShakeAsync(4);
            var record = TcpBench.Record(sealer, Said);
            record[i] ^= 1;
            await socket.SendAsync(record, TestContext.Current.CancellationToken);
            Assert.True(await TcpBench.IsClosedAsync(socket), $"byte {i}");
            socket.Dispose();
        }

        Assert.Empty(bench.Received);
    }

    [Fact]
    public async Task Record_SentTwice_CountsOnceAndClosesTheLink()
    {
        await using var bench = new TcpBench();
        var (socket, sealer) = await bench.ShakeAsync(4);
        var record = TcpBench.Record(sealer, Said);
        await socket.SendAsync((byte[])[.. record, .. record], TestContext.Current.CancellationToken);
        Assert.True(await TcpBench.IsClosedAsync(socket));
        Assert.Single(bench.Received);
        socket.Dispose();
    }

    [Fact]
    public async Task Frame_NoMessage_IsCountedAndTheLinkStays()
    {
        await using var bench = new TcpBench();
        var (socket, sealer) = await bench.ShakeAsync(4);
        await socket.SendAsync(TcpBench.Record(sealer, [9, 9, 9]), TestContext.Current.CancellationToken);
        await socket.SendAsync(TcpBench.Record(sealer, Said), TestContext.Current.CancellationToken);
        await TcpBench.UntilAsync(() => bench.Received.Count == 1, "the good one");
        Assert.Equal(1, bench.Listener.Malformed);
        socket.Dispose();
    }

    [Fact]
    public async Task Attachment_OfAnotherLinkOrClient_ClosesTheLink()
    {
        await using var bench = new TcpBench();
        var elsewhere = bench.Identity(5).Crypto.Sign(LinkHandshake.Attachment(new byte[32], 5));
        var (socket, sealer) = await bench.ShakeAsync(4);
        await socket.SendAsync(TcpBench.Record(sealer, [0x83, 0, 0, 0, 5, .. elsewhere]), TestContext.Current.CancellationToken);
        Assert.True(await TcpBench.IsClosedAsync(socket));
        Assert.False(bench.Listener.IsConnected(5));
        socket.Dispose();
    }

    [Fact]
    public async Task Listen_PortInUse_SaysSo()
    {
        await using var bench = new TcpBench();
        var error = Assert.Throws<QuorateException>(() => bench.Node(1).Listen((IPEndPoint)bench.Address));
        Assert.Equal("address_in_use", error.Code);
        Assert.Equal(ErrorKind.Input, error.Kind);
    }

    /// <summary>Passes one connection on and returns what the dialling side sent.</summary>
    private static async Task<byte[]> RecordAsync(Socket recorder, EndPoint target)
    {
        using var dialler = await recorder.AcceptAsync(TestContext.Current.CancellationToken);
        using var onward = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await onward.ConnectAsync(target, TestContext.Current.CancellationToken);
        using var recorded = new MemoryStream();
        var back = PumpAsync(onward, dialler, Stream.Null);
        await PumpAsync(dialler, onward, recorded);
        onward.Shutdown(SocketShutdown.Both);
        await back;
        return recorded.ToArray();
    }

    private static async Task PumpAsync(Socket from, Socket to, Stream copy)
    {
        var buffer = new byte[4096];
        try
        {
            for (int read; (read = await from.ReceiveAsync(buffer, TestContext.Current.CancellationToken)) > 0;)
            {
                copy.Write(buffer.AsSpan(0, read));
                await to.SendAsync(buffer.AsMemory(0, read), TestContext.Current.CancellationToken);
            }
        }
        catch (SocketException)
        {
            // Either end may close first.
        }
    }
}
