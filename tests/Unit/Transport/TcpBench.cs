using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Quorate.Protocol.Consensus;
using Quorate.Transport;
using Quorate.Transport.Tcp;

namespace Quorate.Tests.Unit.Transport;

/// <summary>A listening replica 0 of four, and what its links bring.</summary>
internal sealed class TcpBench : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> opened = [];

    public TcpBench(TcpOptions? options = null)
    {
        Listener = Node(0, options);
        Listener.OnMessage((from, message, _) => Received.Enqueue((from, message)));
        Listener.Listen(new IPEndPoint(IPAddress.Loopback, 0));
    }

    public static TcpOptions Options => new() { Jitter = () => 0.5 };

    /// <summary>Four replicas and three clients, 4 to 6.</summary>
    public KeyPairs Keys { get; } = KeyPairs.Generate("links", 4, 1, 3);

    public TcpNode Listener { get; }

    public ConcurrentQueue<(int From, Message Message)> Received { get; } = new();

    public EndPoint Address => Listener.Address!;

    public LinkIdentity Identity(int principal) => new(principal, Keys.Directory, Keys.CryptoOf(principal));

    public TcpNode Node(int principal, TcpOptions? options = null, params int[] attached)
    {
        var node = new TcpNode(Identity(principal), options ?? Options, [.. attached.Select(Identity)]);
        opened.Add(node);
        return node;
    }

    public async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(Address, TestContext.Current.CancellationToken);
        return socket;
    }

    /// <summary>A connection that has shaken hands, in the test's own hands.</summary>
    public async Task<(Socket Socket, RecordCipher Sealer)> ShakeAsync(int principal)
    {
        var socket = await ConnectAsync();
        var shaken = await LinkHandshake.DialAsync(socket, Identity(principal), 0, TestContext.Current.CancellationToken);
        Assert.Null(shaken.Fault);
        return (socket, new RecordCipher(shaken.SendKey));
    }

    /// <summary>One record with one frame.</summary>
    public static byte[] Record(RecordCipher sealer, ReadOnlySpan<byte> frame)
    {
        var buffer = new SendBuffer(1 << 20);
        Assert.True(buffer.TryAdd(frame));
        sealer.Seal(buffer.Written.Span);
        return buffer.Written.ToArray();
    }

    /// <summary>True when the other side closes within five seconds; what it still sends is read.</summary>
    public static async Task<bool> IsClosedAsync(Socket socket)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(5));
        var rest = new byte[256];
        try
        {
            while (await socket.ReceiveAsync(rest, limit.Token) > 0)
            {
                // Read on until the end.
            }

            return true;
        }
        catch (SocketException)
        {
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        for (var i = 0; i < 1_000; i++)
        {
            if (condition())
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        Assert.Fail($"not within ten seconds: {what}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in opened)
        {
            await node.DisposeAsync();
        }

        Keys.Dispose();
    }
}
