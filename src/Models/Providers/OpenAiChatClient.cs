using System.ClientModel;
using System.ClientModel.Primitives;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace Quorate.Models.Providers;

/// <summary>
/// A model behind an OpenAI-compatible endpoint, through the OpenAI package. Sends one request per call and to nowhere
/// else: no redirects, no retries of its own. Throws <see cref="ModelException"/>; the answer's text is never null or empty.
/// </summary>
public sealed class OpenAiChatClient : IChatClient
{
    /// <summary>Many local servers want some key and look at none.</summary>
    private const string KeylessPlaceholder = "none";

    private readonly ModelConfig _config;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private readonly ChatClient _client;
    private readonly ChatClientMetadata _metadata;

    public OpenAiChatClient(ModelConfig config, string? apiKey, TimeProvider time)
    {
        _config = config;
        _time = time;
        _http = LoopbackAwareHttp.Create(config.Endpoint);
        var key = new ApiKeyCredential(string.IsNullOrEmpty(apiKey) ? KeylessPlaceholder : apiKey);
        _client = new ChatClient(config.Model, key, new OpenAIClientOptions
        {
            Endpoint = config.Endpoint,
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            // The deadline client ends calls; this only has to be longer.
            NetworkTimeout = config.Deadline + TimeSpan.FromSeconds(30),
            Transport = new HttpClientPipelineTransport(_http),
        });
        _metadata = new ChatClientMetadata(config.Provider, config.Endpoint, config.Model);
    }

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        using var body = BinaryContent.Create(OpenAiWire.WriteRequest(_config, messages, options));
        var request = new RequestOptions { CancellationToken = cancellationToken, ErrorOptions = ClientErrorBehaviors.NoThrow, BufferResponse = false };
        PipelineResponse? response = null;
        try
        {
            response = (await _client.CompleteChatAsync(body, request)).GetRawResponse();
            var text = await ReadBodyAsync(response, cancellationToken);
            return OpenAiWire.ReadResponse(response, text, _time.GetUtcNow());
        }
        catch (Exception error) when (error is IOException or HttpRequestException or ClientResultException or AggregateException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw response is null && !Ended(error)
                ? new ModelException(ModelFailure.Unreachable, $"{_config.Endpoint} cannot be reached: {error.GetBaseException().Message}", error)
                : new ModelException(ModelFailure.Cut, $"{_config.Endpoint} ended the connection before its answer was complete", error) { Status = response?.Status ?? 0 };
        }
        finally
        {
            response?.Dispose();
        }
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
        {
            yield return update;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType == typeof(ChatClientMetadata) ? _metadata
        : serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose() => _http.Dispose();

    /// <summary>The connection was made, so the server had the request, and it ended without a whole answer.</summary>
    private static bool Ended(Exception error)
    {
        var http = error as HttpRequestException ?? error.InnerException as HttpRequestException;
        return http is not null && http.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError);
    }

    private static async Task<string> ReadBodyAsync(PipelineResponse response, CancellationToken cancellationToken)
    {
        if (response.ContentStream is not { } stream)
        {
            return "";
        }

        var buffer = new byte[OpenAiWire.MaxBodyBytes + 1];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return length <= OpenAiWire.MaxBodyBytes
            ? System.Text.Encoding.UTF8.GetString(buffer, 0, length)
            : throw new ModelException(ModelFailure.Malformed, $"the answer is longer than {OpenAiWire.MaxBodyBytes} bytes") { Status = response.Status };
    }
}
