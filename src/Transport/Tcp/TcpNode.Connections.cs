using System.Net;
using System.Net.Sockets;

namespace Quorate.Transport.Tcp;

public sealed partial class TcpNode
{
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(5);

    private async Task AcceptAsync(Socket socket)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var accepted = await socket.AcceptAsync(stopping.Token);
                if (Interlocked.Increment(ref unauthenticated) > options.Unauthenticated)
                {
                    Interlocked.Decrement(ref unauthenticated);
                    Interlocked.Increment(ref refused);
                    accepted.Dispose();
                }
                else
                {
                    _ = WelcomeAsync(accepted);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // Out of descriptors, or the caller is gone already: the next one may do better.
                await PauseAsync(options.FirstBackoff);
            }
        }
    }

    private async Task WelcomeAsync(Socket socket)
    {
        var handshaken = await TryShakeAsync(socket, token => LinkHandshake.AcceptAsync(socket, identity, token));
        Interlocked.Decrement(ref unauthenticated);
        if (handshaken is null)
        {
            Interlocked.Increment(ref refused);
            socket.Dispose();
            return;
        }

        await ServeAsync(socket, handshaken);
    }

    private async Task DialAsync(int peer, EndPoint address)
    {
        var backoff = options.FirstBackoff;
        while (!stopping.IsCancellationRequested)
        {
            var started = options.Time.GetTimestamp();
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            if (await TryConnectAsync(socket, address)
                && await TryShakeAsync(socket, token => LinkHandshake.DialAsync(socket, identity, peer, token)) is { } handshaken)
            {
                await ServeAsync(socket, handshaken);
            }

            socket.Dispose();
            var grown = backoff * 2 < options.MaxBackoff ? backoff * 2 : options.MaxBackoff;
            backoff = options.Time.GetElapsedTime(started) > Settled ? options.FirstBackoff : grown;
            await PauseAsync(backoff * (0.5 + (0.5 * options.Jitter())));
        }
    }

    private async Task<bool> TryConnectAsync(Socket socket, EndPoint address)
    {
        using var timeout = new CancellationTokenSource(options.HandshakeTimeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopping.Token);
        try
        {
            await socket.ConnectAsync(address, either.Token);
            return true;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Null when the other side did not prove in time who it is.</summary>
    private async Task<Handshaken?> TryShakeAsync(Socket socket, Func<CancellationToken, Task<Handshaken>> handshake)
    {
        using var timeout = new CancellationTokenSource(options.HandshakeTimeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopping.Token);
        try
        {
            socket.NoDelay = true;
            var handshaken = await handshake(either.Token);
            LastFault = handshaken.Fault ?? LastFault;
            return handshaken.Fault is null ? handshaken : null;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>Why the last handshake that was answered at all failed; for people.</summary>
    public string? LastFault { get; private set; }

    private async Task ServeAsync(Socket socket, Handshaken handshaken)
    {
        var link = new TcpLink(socket, handshaken, MostOf(handshaken.Peer), this);
        // The newest connection of a peer counts: the other end may have died without a word.
        var old = Interlocked.Exchange(ref links[handshaken.Peer], link);
        old?.Dispose();
        if (stopping.IsCancellationRequested)
        {
            link.Dispose();
        }

        AttachTo(link);
        Connection?.Invoke(handshaken.Peer, true);
        await link.ReceiveAsync(stopping.Token);
        Interlocked.Add(ref closedSent, link.BytesSent);
        Interlocked.Add(ref closedReceived, link.BytesReceived);
        Detach(link);
        if (Interlocked.CompareExchange(ref links[handshaken.Peer], null, link) == link)
        {
            Connection?.Invoke(handshaken.Peer, false);
        }
    }

    /// <summary>Told of links that begin (true) and end (false).</summary>
    public Action<int, bool>? Connection { get; set; }

    // The links' flags are read and written without a lock: a beat too many or too late does no harm.
    private void Keep()
    {
        foreach (var link in links)
        {
            if (link is null || links[link.Peer] != link)
            {
                continue;
            }

            if (!link.HasSent)
            {
                link.TrySend([Ping]);
                link.Flush();
            }

            link.SilentRounds = link.HasReceived ? 0 : link.SilentRounds + 1;
            (link.HasSent, link.HasReceived) = (false, false);
            if (link.SilentRounds > 4)
            {
                link.Dispose();
            }
        }
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        try
        {
            await Task.Delay(pause, options.Time, stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // The node ends; the loop that paused sees it.
        }
    }
}
