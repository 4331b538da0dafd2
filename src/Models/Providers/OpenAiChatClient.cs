using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Quorate.Models.Providers;

/// <summary>
/// A model behind an OpenAI-compatible endpoint. Sends one request per call and to nowhere else: no redirects, no retries of its own.
/// Throws <see cref="ModelException"/>, which never carries the key; an answer's text is never null or empty.
/// </summary>
public sealed class OpenAiChatClient : IChatClient
{
    private const string Path = "/chat/completions";

    private readonly ModelConfig _config;
    private readonly OpenAiEndpoint _endpoint;
    private readonly ChatClientMetadata _metadata;

    /// <param name="config">The endpoint and the model.</param>
    /// <param name="apiKey">Null or empty for servers that want none.</param>
    /// <param name="time">For dates in Retry-After.</param>
    /// <param name="headers">Sent with every request.</param>
    /// <param name="around">Put between this client and the network; null for nothing.</param>
    public OpenAiChatClient(ModelConfig config, string? apiKey, TimeProvider time, IReadOnlyList<KeyValuePair<string, string>>? headers = null, Func<HttpMessageHandler, HttpMessageHandler>? around = null)
    {
        _config = config;
        _endpoint = new OpenAiEndpoint(config, apiKey, time, headers, around);
        _metadata = new ChatClientMetadata(config.Provider, config.Endpoint, config.Model);
    }

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        HttpResponseMessage? response = null;
        try
        {
            response = await _endpoint.PostAsync(Path, OpenAiWire.WriteRequest(_config, messages, options, stream: false), cancellationToken);
            var body = await BoundedBody.ReadAsync(await response.Content.ReadAsStreamAsync(cancellationToken), default, cancellationToken);
            return body.Span.Trim(" \t\r\n"u8).IsEmpty ? throw ProviderFailures.Empty(null, "", (int)response.StatusCode) : Completion.Read(body, (int)response.StatusCode);
        }
        catch (Exception error) when (error is ModelException or IOException or HttpRequestException)
        {
            throw _endpoint.Translate(error, response, cancellationToken);
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
                    response ??= await _endpoint.PostAsync(Path, OpenAiWire.WriteRequest(_config, messages, options, stream: true), cancellationToken);
                    updates ??= OpenAiStream.ReadAsync(await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken).GetAsyncEnumerator(cancellationToken);
                    if (!await updates.MoveNextAsync())
                    {
                        break;
                    }
                }
                catch (Exception error) when (error is ModelException or IOException or HttpRequestException)
                {
                    throw _endpoint.Translate(error, response, cancellationToken);
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

    public void Dispose() => _endpoint.Dispose();
}
