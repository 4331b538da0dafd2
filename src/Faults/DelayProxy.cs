using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Quorate.Faults;

/// <summary>Passes TCP connections on to another port of the same machine, each byte <paramref name="delay"/> later, in both directions.</summary>
/// <param name="from">The port it listens on, on every address: it lives in a container's network, which is reached by them.</param>
/// <param name="to">The port that it passes connections to.</param>
/// <param name="delay">How long everything is held.</param>
/// <param name="time">The clock.</param>
public sealed class DelayProxy(int from, int to, TimeSpan delay, TimeProvider time)
{
    private const int MaxConnections = 512;
    private const int BlockBytes = 16 * 1024;

    /// <summary>Blocks on their way in one direction of one connection.</summary>
    private const int MaxBlocks = 256;

    /// <summary>Nobody needs it longer than the longest fault.</summary>
    private static readonly TimeSpan Life = FaultInjector.LongestDuration;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using ITimer timer = time.CreateTimer(_ => end.Cancel(), null, Life, Timeout.InfiniteTimeSpan);
        using var listener = new TcpListener(IPAddress.Any, from);
        using var room = new SemaphoreSlim(MaxConnections);
        listener.Start();
        while (!end.IsCancellationRequested)
        {
            await room.WaitAsync(end.Token);
            Socket client = await listener.AcceptSocketAsync(end.Token);
            _ = PassAsync(client, room, end.Token);
        }
    }

    private async Task PassAsync(Socket client, SemaphoreSlim room, CancellationToken cancellationToken)
    {
        using Socket inner = client;
        using var outer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        try
        {
            await outer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, to), cancellationToken);
            await Task.WhenAll(PumpAsync(client, outer, cancellationToken), PumpAsync(outer, client, cancellationToken));
        }
        catch (Exception over) when (over is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The connection has ended; both sockets are closed.
        }
        finally
        {
            room.Release();
        }
    }

    private async Task PumpAsync(Socket source, Socket sink, CancellationToken cancellationToken)
    {
        var way = Channel.CreateBounded<(byte[] Block, long At)>(MaxBlocks);
        Task writing = WriteAsync(way.Reader, sink, cancellationToken);
        byte[] buffer = new byte[BlockBytes];
        try
        {
            while (await source.ReceiveAsync(buffer, cancellationToken) is > 0 and var count)
            {
                await way.Writer.WriteAsync((buffer.AsSpan(0, count).ToArray(), time.GetTimestamp()), cancellationToken);
            }
        }
        finally
        {
            way.Writer.Complete();
        }
        await writing;
    }

    private async Task WriteAsync(ChannelReader<(byte[] Block, long At)> way, Socket sink, CancellationToken cancellationToken)
    {
        await foreach ((byte[] block, long at) in way.ReadAllAsync(cancellationToken))
        {
            TimeSpan left = delay - time.GetElapsedTime(at);
            if (left > TimeSpan.Zero)
            {
                await Task.Delay(left, time, cancellationToken);
            }
            await sink.SendAsync(block, cancellationToken);
        }
        sink.Shutdown(SocketShutdown.Send);
    }
}
