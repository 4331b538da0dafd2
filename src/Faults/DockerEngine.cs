using System.Net.Sockets;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Faults;

/// <summary>The one call of the Docker Engine API that faults need beside the platform: killing a container.</summary>
internal static class DockerEngine
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static string DefaultSocket()
    {
        string host = Environment.GetEnvironmentVariable("DOCKER_HOST") ?? "";
        return Uri.TryCreate(host, UriKind.Absolute, out Uri? url) && url.Scheme == "unix" ? url.AbsolutePath : "/var/run/docker.sock";
    }

    /// <summary>SIGKILL to the container's first process.</summary>
    /// <exception cref="QuorateException">The engine cannot be reached.</exception>
    /// <exception cref="PlatformException">The engine refused.</exception>
    public static async Task KillAsync(string socket, string containerId, CancellationToken cancellationToken)
    {
        using var client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = (_, stop) => ConnectAsync(socket, stop),
        })
        {
            Timeout = Patience,
        };
        try
        {
            var url = new Uri($"http://docker/containers/{Uri.EscapeDataString(containerId)}/kill?signal=SIGKILL");
            using HttpResponseMessage answer = await client.PostAsync(url, null, cancellationToken);
            if (!answer.IsSuccessStatusCode)
            {
                string text = await answer.Content.ReadAsStringAsync(cancellationToken);
                throw new PlatformException($"the Docker Engine refused to kill {containerId}: {(int)answer.StatusCode} {text}", retryable: false);
            }
        }
        catch (OperationCanceledException failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PlatformException($"the Docker Engine did not answer within {Patience.TotalSeconds:0} s", retryable: true, failure);
        }
        catch (HttpRequestException failure)
        {
            throw QuorateException.Missing("docker_unreachable", $"no Docker Engine answers at {socket}: {failure.Message}", "start dockerd, or set DOCKER_HOST", failure);
        }
    }

    private static async ValueTask<Stream> ConnectAsync(string socket, CancellationToken cancellationToken)
    {
        var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
            return new NetworkStream(connection, ownsSocket: true);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
