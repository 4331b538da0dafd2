using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Quorate.Contracts;

namespace Quorate.Cli.Bench;

/// <summary>Times of one exchange, as timestamps of the clock.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Exchange(long Sent, long FirstToken, long Ended);

/// <summary>One keep-alive connection over a bare socket, so that the load costs little beside what is measured.</summary>
internal sealed class GatewayLink : IDisposable
{
    private const int BufferSize = 64 * 1024;
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[BufferSize];
    private readonly byte[] _request;
    private readonly TimeProvider _time;

    private GatewayLink(byte[] request, TimeProvider time) => (_request, _time) = (request, time);

    public static async Task<GatewayLink> OpenAsync(int port, string body, TimeProvider time, CancellationToken token)
    {
        var head = $"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n";
        var link = new GatewayLink(Encoding.UTF8.GetBytes(head + body), time);
        await link._socket.ConnectAsync(IPAddress.Loopback, port, token);
        return link;
    }

    /// <summary>Sends the request and reads its whole answer.</summary>
    public async ValueTask<Exchange> AskAsync(CancellationToken token)
    {
        var sent = _time.GetTimestamp();
        await _socket.SendAsync(_request, token);
        var (filled, first, bodyAt, length) = (0, 0L, 0, -1L);
        long total = 0;
        while (true)
        {
            if (filled == BufferSize)
            {
                // Only the end of a long body matters.
                _buffer.AsSpan(BufferSize - 16).CopyTo(_buffer);
                filled = 16;
            }

            var read = await _socket.ReceiveAsync(_buffer.AsMemory(filled), token);
            if (read == 0)
            {
                throw QuorateException.Missing("gateway_closed", "the server closed the connection in the middle of an answer");
            }

            filled += read;
            total += read;
            if (bodyAt == 0)
            {
                (bodyAt, length) = ReadHead(_buffer.AsSpan(0, filled));
            }

            if (bodyAt > 0 && first == 0 && total > bodyAt)
            {
                first = _time.GetTimestamp();
            }

            if (bodyAt > 0 && (length >= 0 ? total >= bodyAt + length : _buffer.AsSpan(0, filled).EndsWith("\r\n0\r\n\r\n"u8)))
            {
                return new Exchange(sent, first, _time.GetTimestamp());
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>Where the body begins, 0 when that has not come yet, and its length, −1 when it comes in chunks.</summary>
    private static (int BodyAt, long Length) ReadHead(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return (0, -1);
        }

        var head = Encoding.ASCII.GetString(bytes[..end]);
        if (!head.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
        {
            throw QuorateException.Missing("gateway_status", $"the server answered {PlainText.Line(head, 60)}: {PlainText.Line(Encoding.UTF8.GetString(bytes[(end + 4)..]), 200)}");
        }

        const string Name = "\r\nContent-Length: ";
        var at = head.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
        var value = at < 0 ? "-1" : head[(at + Name.Length)..].Split('\r')[0];
        return (end + 4, long.Parse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
    }
}
