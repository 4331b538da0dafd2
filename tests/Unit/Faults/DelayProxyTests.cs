using System.Net;
using System.Net.Sockets;
using Quorate.Faults;

namespace Quorate.Tests.Unit.Faults;

public sealed class DelayProxyTests
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(150);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_OneByteThereAndBack_TakesTheDelayTwice()
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        int free = FreePort();
        Task proxy = new DelayProxy(free, ((IPEndPoint)server.LocalEndpoint).Port, Delay, TimeProvider.System).RunAsync(end.Token);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, free, Stop);
        using Socket inner = await server.AcceptSocketAsync(Stop);
        long began = TimeProvider.System.GetTimestamp();
        byte[] buffer = [7];
        await client.Client.SendAsync(buffer, Stop);
        Assert.Equal(1, await inner.ReceiveAsync(buffer, Stop));
        await inner.SendAsync(buffer, Stop);
        Assert.Equal(1, await client.Client.ReceiveAsync(buffer, Stop));
        Assert.True(TimeProvider.System.GetElapsedTime(began) >= 2 * Delay - TimeSpan.FromMilliseconds(5));
        Assert.Equal(7, buffer[0]);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => proxy);
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Any, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
