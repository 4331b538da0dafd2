using System.Net;
using Microsoft.Extensions.AI;
using Quorate.Models.Providers;

namespace Quorate.Models.Health;

/// <summary>Asks a member whether it is there.</summary>
internal interface IMemberProbe : IDisposable
{
    /// <summary>Returns when it is.</summary>
    /// <param name="wholeCall">Nothing less than an answer of the model counts.</param>
    /// <param name="cancellationToken">Ends the probe.</param>
    /// <exception cref="ModelException">It is not.</exception>
    Task ProbeAsync(bool wholeCall, CancellationToken cancellationToken);
}

/// <summary>The smallest call.</summary>
internal sealed class CallProbe(IChatClient client) : IMemberProbe
{
    private const int Tokens = 16;

    public async Task ProbeAsync(bool wholeCall, CancellationToken cancellationToken)
    {
        try
        {
            await client.GetResponseAsync([new ChatMessage(ChatRole.User, "ping")], new ChatOptions { MaxOutputTokens = Tokens, Temperature = 0 }, cancellationToken);
        }
        catch (ModelException error) when (error.Failure == ModelFailure.Empty && error.Raw.Contains("\"length\"", StringComparison.Ordinal))
        {
            // A model that thinks before it answers spent the few tokens on that: it is there.
        }
    }

    public void Dispose()
    {
    }
}

/// <summary>
/// A GET that costs nothing, of the list of models or what the preset names. The smallest call in its place where a server does not
/// know that address, or when calls failed before.
/// </summary>
internal sealed class EndpointProbe : IMemberProbe
{
    private readonly ModelConfig _config;
    private readonly HttpMessageInvoker _http;
    private readonly Uri _address;
    private readonly string? _key;
    private readonly TimeProvider _time;
    private readonly CallProbe _call;

    public EndpointProbe(ModelConfig config, string? key, IChatClient client, TimeProvider time)
    {
        _config = config;
        _key = key;
        _time = time;
        _http = new HttpMessageInvoker(LoopbackAwareHttp.CreateHandler(config.Endpoint));
        _address = new Uri($"{config.Endpoint.AbsoluteUri.TrimEnd('/')}/{ModelPresets.FindOrNull(config.Provider)?.ProbePath ?? "models"}");
        _call = new CallProbe(client);
    }

    public async Task ProbeAsync(bool wholeCall, CancellationToken cancellationToken)
    {
        if (wholeCall || !await ListsAsync(cancellationToken))
        {
            await _call.ProbeAsync(wholeCall, cancellationToken);
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>False when the server does not know the address.</summary>
    private async Task<bool> ListsAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _address);
        if (_key is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {_key}");
        }

        try
        {
            using var response = await _http.SendAsync(request, cancellationToken);
            if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented)
            {
                return false;
            }

            if (response.Content.Headers.ContentType?.MediaType == "text/html" && response.IsSuccessStatusCode)
            {
                throw ProviderFailures.WebPage("", _config.Endpoint);
            }

            // The status tells enough; a list of models may be long.
            return response.IsSuccessStatusCode ? true
                : throw ProviderFailures.OfStatus((int)response.StatusCode, response.ReasonPhrase, null, "", _config, _time.GetUtcNow());
        }
        catch (Exception error) when (error is IOException or HttpRequestException && !cancellationToken.IsCancellationRequested)
        {
            throw new ModelException(ModelFailure.Unreachable, $"{_config.Endpoint} cannot be reached: {error.GetBaseException().Message}", error);
        }
    }
}
