using System.Net.Http.Headers;
using System.Text.Json;
using Quorate.Models.Providers;

namespace Quorate.Models.Health;

/// <summary>What one endpoint said when asked for its models. Error null: reachable. Models: at most 200 names.</summary>
public sealed record ModelCheckResult(string Provider, Uri Endpoint, bool Reachable, IReadOnlyList<string> Models, double LatencyMs, string? Error);

/// <summary>Asks an endpoint which models it has; reads nothing else and sends no prompt.</summary>
public static class ModelCheck
{
    private const int MaxModels = 200;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    /// <summary>Never throws for what the endpoint does: the result says it. Takes at most two seconds, or the time given.</summary>
    public static async Task<ModelCheckResult> ProbeAsync(string provider, Uri endpoint, string? apiKey, TimeProvider time, CancellationToken cancellationToken, TimeSpan? atMost = null)
    {
        var longest = atMost ?? Timeout;
        using var timer = new CancellationTokenSource(longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        using var http = LoopbackAwareHttp.Create(endpoint);
        http.MaxResponseContentBufferSize = OpenAiWire.MaxBodyBytes;
        var started = time.GetTimestamp();
        ModelCheckResult Result(bool reachable, IReadOnlyList<string> models, string? error) =>
            new(provider, endpoint, reachable, models, time.GetElapsedTime(started).TotalMilliseconds, error);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(endpoint.AbsoluteUri.TrimEnd('/') + "/models"));
            if (!string.IsNullOrEmpty(apiKey))
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
            }

            using var response = await http.SendAsync(request, either.Token);
            return response.IsSuccessStatusCode
                ? Result(true, ReadNames(await response.Content.ReadAsStringAsync(either.Token)), null)
                : Result(false, [], $"answered {(int)response.StatusCode} {response.ReasonPhrase}".TrimEnd());
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Result(false, [], $"no answer within {longest.TotalSeconds:0.#} s");
        }
        catch (Exception error) when (error is HttpRequestException or JsonException or InvalidOperationException)
        {
            return Result(false, [], error.GetBaseException().Message);
        }
    }

    private static IReadOnlyList<string> ReadNames(string body)
    {
        using var document = JsonDocument.Parse(body);
        return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Array
            ? [.. data.EnumerateArray().Where(m => m.ValueKind == JsonValueKind.Object && m.TryGetProperty("id", out _)).Select(m => m.GetProperty("id").ToString()).Take(MaxModels)]
            : throw new JsonException("the answer of /models holds no list of models");
    }
}
