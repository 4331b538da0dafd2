using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Docker;

/// <summary>
/// The Docker Engine's HTTP API with a deadline on every request. Thread-safe. The version spoken is the server's,
/// at most 1.43, unless the server's own minimum is higher.
/// </summary>
internal sealed class EngineClient : IDisposable
{
    private const long MaxResponseBytes = 16 * 1024 * 1024;
    private const int PauseAttempts = 3;
    private static readonly Version Preferred = new(1, 43);
    private static readonly Version Oldest = new(1, 24);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.General);

    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly TimeSpan _timeout;
    private volatile string? _prefix;

    public EngineClient(EngineAddress address, TimeSpan timeout, TimeProvider time)
    {
        Address = address;
        _timeout = timeout;
        _time = time;
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = (_, token) => address.ConnectAsync(token),
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
        };
        _http = new HttpClient(handler)
        {
            BaseAddress = new Uri("http://docker/"),
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = MaxResponseBytes,
        };
    }

    public EngineAddress Address { get; }

    public async Task<T> GetAsync<T>(string path, CancellationToken cancellationToken) =>
        await FindAsync<T>(path, cancellationToken) ?? throw new PlatformException($"Docker: nothing at {path}", retryable: false);

    /// <summary>Null when the Engine answers 404.</summary>
    public async Task<T?> FindAsync<T>(string path, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, TimeSpan.Zero, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return default;
        }

        await ThrowIfRefusedAsync(response, path, cancellationToken);
        return await ReadAsync<T>(response, path, cancellationToken);
    }

    /// <summary>A change; 304 (already so) counts as success. <paramref name="extra"/> is added to the deadline.</summary>
    public async Task PostAsync(string path, TimeSpan extra, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Post, path, null, extra, cancellationToken);
        await ThrowIfRefusedAsync(response, path, cancellationToken);
    }

    /// <summary>
    /// Pauses a container. The runtime gives up when a busy host does not freeze all its processes in time, and thaws
    /// them; asked again it usually succeeds.
    /// </summary>
    public async Task PauseAsync(string container, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await PostAsync($"containers/{container}/pause", TimeSpan.Zero, cancellationToken);
                return;
            }
            catch (PlatformException error) when (attempt < PauseAttempts && error.Message.Contains("unable to freeze", StringComparison.Ordinal))
            {
                // Asked again at once: the wait was the runtime's own.
            }
        }
    }

    public async Task<T> PostAsync<T>(string path, object body, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Post, path, body, TimeSpan.Zero, cancellationToken);
        await ThrowIfRefusedAsync(response, path, cancellationToken);
        return await ReadAsync<T>(response, path, cancellationToken);
    }

    /// <summary>An answer that is read as it comes; <paramref name="read"/> has <paramref name="timeout"/> for all of it.</summary>
    public async Task<T> StreamAsync<T>(
        HttpMethod method, string path, object? body, TimeSpan timeout, Func<Stream, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        var prefix = await PrefixAsync(cancellationToken);
        return await WithDeadlineAsync(path, timeout, async token =>
        {
            using var request = Request(method, prefix + path, body);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token);
            await ThrowIfRefusedAsync(response, path, token);
            await using var stream = await response.Content.ReadAsStreamAsync(token);
            return await read(stream, token);
        }, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body, TimeSpan extra, CancellationToken cancellationToken)
    {
        var prefix = await PrefixAsync(cancellationToken);
        return await WithDeadlineAsync(path, _timeout + extra, async token =>
        {
            using var request = Request(method, prefix + path, body);
            return await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, token);
        }, cancellationToken);
    }

    private async Task<string> PrefixAsync(CancellationToken cancellationToken)
    {
        if (_prefix is { } known)
        {
            return known;
        }

        return _prefix = $"v{Negotiate(await ReadVersionAsync(cancellationToken))}/";
    }

    public Task<EngineVersion> ReadVersionAsync(CancellationToken cancellationToken) => WithDeadlineAsync("version", _timeout, async token =>
    {
        using var response = await _http.GetAsync(new Uri("version", UriKind.Relative), token);
        await ThrowIfRefusedAsync(response, "version", token);
        return await ReadAsync<EngineVersion>(response, "version", token);
    }, cancellationToken);

    internal static Version Negotiate(EngineVersion server)
    {
        if (!Version.TryParse(server.ApiVersion, out var newest) || newest < Oldest)
        {
            throw QuorateException.Missing(
                "docker_version", $"The Docker Engine speaks API version '{server.ApiVersion}'; at least {Oldest} is needed.", "Update Docker to 1.12 or newer.");
        }

        var chosen = newest < Preferred ? newest : Preferred;
        return Version.TryParse(server.MinAPIVersion, out var minimum) && minimum > chosen ? minimum : chosen;
    }

    private static HttpRequestMessage Request(HttpMethod method, string path, object? body) => new(method, new Uri(path, UriKind.Relative))
    {
        Content = body is null ? null : JsonContent.Create(body, body.GetType(), options: Json),
    };

    private async Task<T> WithDeadlineAsync<T>(string path, TimeSpan timeout, Func<CancellationToken, Task<T>> send, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return await send(linked.Token);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PlatformException($"Docker did not finish '{path}' within {timeout.TotalSeconds:0.#} s", retryable: true, error);
        }
        catch (HttpRequestException error)
        {
            throw Unreachable(error);
        }
        catch (IOException error)
        {
            throw new PlatformException($"Docker broke off its answer to '{path}': {error.Message}", retryable: true, error);
        }
    }

    private Exception Unreachable(HttpRequestException error)
    {
        for (Exception? inner = error; inner is not null; inner = inner.InnerException)
        {
            if (inner is SocketException { SocketErrorCode: SocketError.AccessDenied })
            {
                return QuorateException.Missing(
                    "docker_denied", $"No permission to use the Docker Engine at {Address.Text}.",
                    "Add yourself to the docker group (sudo usermod -aG docker $USER), then log in again.", error);
            }
        }

        // Before a connection stood there is no engine; after that, one answer went wrong.
        return error.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            ? QuorateException.Missing(
                "docker_unreachable", $"The Docker Engine does not answer at {Address.Text}.",
                "Start Docker (systemctl start docker, or dockerd), or set DOCKER_HOST to where it listens.", error)
            : new PlatformException($"Docker at {Address.Text} answered nothing usable: {error.Message}", retryable: true, error);
    }

    private static async Task ThrowIfRefusedAsync(HttpResponseMessage response, string path, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.NotModified)
        {
            return;
        }

        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        throw new PlatformException($"Docker refused '{path}' ({(int)response.StatusCode}): {Message(text)}", (int)response.StatusCode >= 500);
    }

    private static string Message(string text)
    {
        const int longest = 1_000;
        try
        {
            text = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(text)?.GetValueOrDefault("message").ToString() ?? text;
        }
        catch (JsonException)
        {
            // Not in the Engine's error form: the text itself says what it can.
        }

        text = PlainText.Clean(text, longest).Trim();
        return text.Length == 0 ? "no reason given" : text;
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, string path, CancellationToken cancellationToken)
    {
        try
        {
            return await response.Content.ReadFromJsonAsync<T>(Json, cancellationToken) ?? throw new JsonException("null");
        }
        catch (JsonException error)
        {
            throw new PlatformException($"Docker's answer to '{path}' cannot be read: {error.Message}", retryable: false, error);
        }
    }
}
