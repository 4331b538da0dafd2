using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Quorate.Lab.Shop.Hosting;

/// <summary>Another service of the shop, reached over HTTP at the address that the environment gives.</summary>
// CA1001: built once at start-up; the client lives as long as the process does.
#pragma warning disable CA1001
internal sealed class Dependency
#pragma warning restore CA1001
{
    private const long MaxAnswer = 1 << 20;

    private readonly string name;
    private readonly Uri address;
    private readonly HttpClient client;
    private readonly RoleHost host;

    /// <summary>Server errors are handed on as they are, as a proxy does.</summary>
    private readonly bool relay;

    public Dependency(string name, Uri address, TimeSpan timeout, RoleHost host, bool relay = false)
    {
        (this.name, this.address, this.host, this.relay) = (name, address, host, relay);
        client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromMilliseconds(700),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
        })
        {
            BaseAddress = address,
            Timeout = timeout,
            MaxResponseContentBufferSize = MaxAnswer,
        };
        host.Metrics.Describe("shop_dependency_errors_total", "Calls to another service that failed, by dependency.");
        host.Health.Add(name, CheckAsync);
    }

    /// <summary>Any answer below 500 is an answer.</summary>
    /// <exception cref="DependencyException">Nothing answered, or with a server error that is not to be relayed.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? body, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path) { Content = body };
            HttpResponseMessage answer = await client.SendAsync(request, cancellationToken);
            if ((int)answer.StatusCode < 500)
            {
                return answer;
            }
            if (relay)
            {
                host.Metrics.Count("shop_dependency_errors_total", "dependency", name);
                host.Log.Warn($"{name} answered {(int)answer.StatusCode} to {method} {path}", null, ("dependency", name), ("address", address.ToString()));
                return answer;
            }
            string text = await answer.Content.ReadAsStringAsync(cancellationToken);
            string reason = $"answered {(int)answer.StatusCode}: {text}";
            answer.Dispose();
            throw Failed(new DependencyException(name, reason, timedOut: false));
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or SocketException)
        {
            throw Failed(new DependencyException(name, failure.Message, timedOut: false, failure));
        }
        catch (OperationCanceledException failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed(new DependencyException(name, $"no answer within {client.Timeout.TotalMilliseconds:0} ms", timedOut: true, failure));
        }
    }

    public Task<HttpResponseMessage> SendAsync<T>(HttpMethod method, string path, T body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, type));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return SendAsync(method, path, content, cancellationToken);
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        using HttpResponseMessage answer = await client.GetAsync("/healthz", cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            throw new HttpRequestException($"answered {(int)answer.StatusCode} ({address.Authority})");
        }
    }

    private DependencyException Failed(DependencyException failure)
    {
        host.Metrics.Count("shop_dependency_errors_total", "dependency", name);
        host.Log.Error($"call to {name} failed: {(failure.InnerException ?? failure).Message}", failure.InnerException ?? failure,
            ("dependency", name), ("address", address.ToString()));
        return failure;
    }
}
