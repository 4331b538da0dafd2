using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.AI;

namespace Quorate.Models.Providers;

/// <summary>
/// A model behind an OpenAI-compatible endpoint. Sends one request per call and to nowhere else: no redirects, no retries of its own.
/// Throws <see cref="ModelException"/>, which never carries the key; an answer's text is never null or empty.
/// </summary>
public sealed class OpenAiChatClient : IChatClient
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly ModelConfig _config;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;
    private readonly Uri _address;
    private readonly string? _key;
    private readonly IReadOnlyList<KeyValuePair<string, string>> _headers;
    private readonly ChatClientMetadata _metadata;

    /// <param name="config">The endpoint and the model.</param>
    /// <param name="apiKey">Null or empty for servers that want none.</param>
    /// <param name="time">For dates in Retry-After.</param>
    /// <param name="headers">Sent with every request.</param>
    /// <param name="around">Put between this client and the network; null for nothing.</param>
    public OpenAiChatClient(ModelConfig config, string? apiKey, TimeProvider time, IReadOnlyList<KeyValuePair<string, string>>? headers = null, Func<HttpMessageHandler, HttpMessageHandler>? around = null)
    {
        _config = config;
        _time = time;
        _key = string.IsNullOrEmpty(apiKey) ? null : apiKey;
        _address = new Uri(config.Endpoint.AbsoluteUri.TrimEnd('/') + "/chat/completions");
        var handler = LoopbackAwareHttp.CreateHandler(config.Endpoint);
        _http = new HttpMessageInvoker(around is null ? handler : around(handler));
        // Many local servers want some key and look at none.
        _headers = [new("Authorization", $"Bearer {_key ?? "none"}"), new("User-Agent", "quorate"), .. headers ?? []];
        _metadata = new ChatClientMetadata(config.Provider, config.Endpoint, config.Model);
    }

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        HttpResponseMessage? response = null;
        try
        {
            response = await SendAsync(OpenAiWire.WriteRequest(_config, messages, options, stream: false), cancellationToken);
            var body = await BoundedBody.ReadAsync(await response.Content.ReadAsStreamAsync(cancellationToken), default, cancellationToken);
            return body.Span.Trim(" \t\r\n"u8).IsEmpty ? throw ProviderFailures.Empty(null, "", (int)response.StatusCode) : Completion.Read(body, (int)response.StatusCode);
        }
        catch (Exception error) when (error is ModelException or IOException or HttpRequestException)
        {
            throw Translate(error, response, cancellationToken);
        }
        finally
        {
            response?.Dispose();
        }
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        HttpResponseMessage? response = null;
        IAsyncEnumerator<ChatResponseUpdate>? updates = null;
        try
        {
            while (true)
            {
                try
                {
                    response ??= await SendAsync(OpenAiWire.WriteRequest(_config, messages, options, stream: true), cancellationToken);
                    updates ??= OpenAiStream.ReadAsync(await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken).GetAsyncEnumerator(cancellationToken);
                    if (!await updates.MoveNextAsync())
                    {
                        break;
                    }
                }
                catch (Exception error) when (error is ModelException or IOException or HttpRequestException)
                {
                    throw Translate(error, response, cancellationToken);
                }

                yield return updates.Current;
            }
        }
        finally
        {
            if (updates is not null)
            {
                await updates.DisposeAsync();
            }

            response?.Dispose();
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType == typeof(ChatClientMetadata) ? _metadata
        : serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose() => _http.Dispose();

    /// <summary>The response's head, of a status that promises an answer.</summary>
    private async Task<HttpResponseMessage> SendAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _address) { Content = new ReadOnlyMemoryContent(body) };
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

    private ModelException Translate(Exception error, HttpResponseMessage? response, CancellationToken cancellationToken)
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
