using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Faults;

/// <summary>The calls of the Docker Engine API that faults need beside the platform.</summary>
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
    public static Task KillAsync(string socket, string container, CancellationToken cancellationToken) =>
        SendAsync(socket, HttpMethod.Post, $"containers/{Escape(container)}/kill?signal=SIGKILL", null, cancellationToken);

    /// <summary>Sets a container's memory limits, in bytes, whether it runs or not. Swap is what memory and swap may be together.</summary>
    public static Task LimitMemoryAsync(string socket, string container, long memory, long swap, CancellationToken cancellationToken) =>
        SendAsync(socket, HttpMethod.Post, $"containers/{Escape(container)}/update", new JsonObject { ["Memory"] = memory, ["MemorySwap"] = swap }, cancellationToken);

    /// <summary>Everything that the engine knows of a container.</summary>
    public static async Task<JsonElement> InspectAsync(string socket, string container, CancellationToken cancellationToken) =>
        await SendAsync(socket, HttpMethod.Get, $"containers/{Escape(container)}/json", null, cancellationToken)
            ?? throw new PlatformException($"the Docker Engine has no container {container}", retryable: false);

    public static async Task<bool> HasVolumeAsync(string socket, string volume, CancellationToken cancellationToken) =>
        await SendAsync(socket, HttpMethod.Get, $"volumes/{Escape(volume)}", null, cancellationToken) is not null;

    /// <summary>Answers the new container's id.</summary>
    public static async Task<string> CreateAsync(string socket, string name, JsonObject wanted, CancellationToken cancellationToken) =>
        (await SendAsync(socket, HttpMethod.Post, $"containers/create?name={Escape(name)}", wanted, cancellationToken))?.GetProperty("Id").GetString()
            ?? throw new PlatformException($"the Docker Engine made no container {name}", retryable: true);

    public static Task StartAsync(string socket, string container, CancellationToken cancellationToken) =>
        SendAsync(socket, HttpMethod.Post, $"containers/{Escape(container)}/start", null, cancellationToken);

    public static Task StopAsync(string socket, string container, int graceSeconds, CancellationToken cancellationToken) =>
        SendAsync(socket, HttpMethod.Post, $"containers/{Escape(container)}/stop?t={graceSeconds}", null, cancellationToken);

    public static Task RenameAsync(string socket, string container, string name, CancellationToken cancellationToken) =>
        SendAsync(socket, HttpMethod.Post, $"containers/{Escape(container)}/rename?name={Escape(name)}", null, cancellationToken);

    /// <summary>Whether it runs or not; nothing when there is none.</summary>
    public static Task RemoveAsync(string socket, string container, CancellationToken cancellationToken) =>
        SendAsync(socket, HttpMethod.Delete, $"containers/{Escape(container)}?force=1", null, cancellationToken);

    private static string Escape(string text) => Uri.EscapeDataString(text);

    /// <summary>Null when a GET or DELETE finds nothing (404).</summary>
    private static async Task<JsonElement?> SendAsync(string socket, HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken)
    {
        using var client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = (_, stop) => ConnectAsync(socket, stop),
        })
        {
            Timeout = Patience,
        };
        using var request = new HttpRequestMessage(method, new Uri($"http://docker/{path}")) { Content = body is null ? null : JsonContent.Create(body) };
        try
        {
            using HttpResponseMessage answer = await client.SendAsync(request, cancellationToken);
            if (method != HttpMethod.Post && answer.StatusCode == HttpStatusCode.NotFound)
            {
                return null;
            }
            string text = await answer.Content.ReadAsStringAsync(cancellationToken);
            // 304: it is so already.
            return !answer.IsSuccessStatusCode && answer.StatusCode != HttpStatusCode.NotModified
                ? throw new PlatformException($"the Docker Engine refused {path}: {(int)answer.StatusCode} {text}", retryable: false)
                : text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
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
