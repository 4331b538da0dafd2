using System.Net;
using System.Net.Sockets;
using Quorate.Contracts;

namespace Quorate.Platforms.Docker;

/// <summary>Where the Docker Engine listens: a unix socket, or TCP on this host only.</summary>
internal sealed record EngineAddress(string Text, EndPoint EndPoint)
{
    private const string DefaultSocket = "unix:///var/run/docker.sock";

    public static EngineAddress Resolve(string? configured)
    {
        var text = Choose(configured, System.Environment.GetEnvironmentVariable("DOCKER_HOST"));
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri))
        {
            throw Refused(text);
        }

        return uri.Scheme switch
        {
            "unix" when uri.AbsolutePath.Length > 1 => new(text, new UnixDomainSocketEndPoint(uri.LocalPath)),
            "tcp" or "http" when uri.IsLoopback && uri.Port > 0 => new(text, new DnsEndPoint(uri.Host, uri.Port)),
            _ => throw Refused(text),
        };
    }

    public async ValueTask<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = EndPoint is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(EndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static string Choose(string? configured, string? environment) =>
        !string.IsNullOrWhiteSpace(configured) ? configured
        : !string.IsNullOrWhiteSpace(environment) ? environment
        : DefaultSocket;

    private static QuorateException Refused(string text) => QuorateException.Input(
        "docker_host",
        $"DOCKER_HOST '{text}' is not allowed: use unix:///path/to/docker.sock, or tcp://127.0.0.1:PORT without TLS.",
        "Unset DOCKER_HOST for the default /var/run/docker.sock.");
}
