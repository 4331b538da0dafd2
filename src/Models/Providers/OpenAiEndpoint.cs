using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Quorate.Models.Providers;

/// <summary>Exchanges with one OpenAI-compatible endpoint, whose failures are typed and never carry the key.</summary>
internal sealed class OpenAiEndpoint : IDisposable
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly ModelConfig _config;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;
    private readonly string _base;
    private readonly string? _key;
    private readonly IReadOnlyList<KeyValuePair<string, string>> _headers;

    public OpenAiEndpoint(ModelConfig config, string? apiKey, TimeProvider time, IReadOnlyList<KeyValuePair<string, string>>? headers, Func<HttpMessageHandler, HttpMessageHandler>? around)
    {
        _config = config;
        _time = time;
        _key = string.IsNullOrEmpty(apiKey) ? null : apiKey;
        _base = config.Endpoint.AbsoluteUri.TrimEnd('/');
        var handler = LoopbackAwareHttp.CreateHandler(config.Endpoint);
        _http = new HttpMessageInvoker(around is null ? handler : around(handler));
        // Many local servers want some key and look at none.
        _headers = [new("Authorization", $"Bearer {_key ?? "none"}"), new("User-Agent", "quorate"), .. headers ?? []];
    }

    public void Dispose() => _http.Dispose();

    /// <summary>The response's head, of a status that promises an answer.</summary>
    public async Task<HttpResponseMessage> PostAsync(string path, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _base + path) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = Json;
        foreach (var (name, value) in _headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        var response = await _http.SendAsync(request, cancellationToken);
        var page = response.Content.Headers.ContentType?.MediaType is "text/html" or "application/xhtml+xml";
        if (response.StatusCode is >= HttpStatusCode.OK and <= (HttpStatusCode)299 && !page)
        {
            return response;
        }

        using (response)
        {
            var text = Masked(Encoding.UTF8.GetString((await BoundedBody.ReadAsync(await response.Content.ReadAsStreamAsync(cancellationToken), default, cancellationToken)).Span));
            throw response.IsSuccessStatusCode ? ProviderFailures.WebPage(text, _config.Endpoint)
                : ProviderFailures.OfStatus((int)response.StatusCode, response.ReasonPhrase, RetryAfter(response), text, _config, _time.GetUtcNow());
        }
    }

    private static string? RetryAfter(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Retry-After", out var values) ? values.FirstOrDefault() : null;

    /// <summary>What a failed exchange means. Throws instead when the caller has left.</summary>
    public ModelException Translate(Exception error, HttpResponseMessage? response, CancellationToken cancellationToken)
    {
        if (error is ModelException failure)
        {
            return _key is not null && failure.Raw.Contains(_key, StringComparison.Ordinal) ? WithoutKey(failure) : failure;
        }

        // A connection that the caller's leaving broke is no failure of the server.
        cancellationToken.ThrowIfCancellationRequested();
        return response is null && !Ended(error)
            ? new ModelException(ModelFailure.Unreachable, $"{_config.Endpoint} cannot be reached: {error.GetBaseException().Message}", error)
            : new ModelException(ModelFailure.Cut, $"{_config.Endpoint} ended the connection before its answer was complete", error) { Status = response is null ? 0 : (int)response.StatusCode };
    }

    /// <summary>Servers repeat keys in their complaints, and an excerpt may hold a part of one.</summary>
    private ModelException WithoutKey(ModelException failure) =>
        new(failure.Failure, "the server's error repeats the key, so its words are left out here")
        {
            Status = failure.Status,
            RetryAfter = failure.RetryAfter,
            Raw = Masked(failure.Raw),
        };

    private string Masked(string text) => _key is null ? text : text.Replace(_key, "***", StringComparison.Ordinal);

    /// <summary>The connection was made, so the server had the request, and it ended without a whole answer.</summary>
    private static bool Ended(Exception error)
    {
        var http = error as HttpRequestException ?? error.InnerException as HttpRequestException;
        return http is not null && http.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError);
    }
}
