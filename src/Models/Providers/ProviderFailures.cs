using System.Globalization;
using System.Text;
using System.Text.Json;
using Quorate.Contracts;

namespace Quorate.Models.Providers;

/// <summary>What a server answered instead of a completion, as a typed failure that tells a person what to do.</summary>
internal static class ProviderFailures
{
    private const int MaxDetail = 300;
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    public static ModelException OfStatus(int status, string? phrase, string? retryAfter, string body, ModelConfig config, DateTimeOffset now)
    {
        var said = $"the server answered {status} {phrase}".TrimEnd();
        var detail = PlainText.Line(body, MaxDetail);
        return new ModelException(FailureOf(status), $"{said}{(detail.Length > 0 ? $": {detail}" : "")}{Advice(status, config)}")
        {
            Status = status,
            Raw = body,
            RetryAfter = ReadRetryAfter(retryAfter, now),
        };
    }

    /// <summary>An error object where an answer belongs, as gateways send it under status 200 or inside a stream.</summary>
    public static ModelException InBody(JsonElement error, string raw)
    {
        var message = error.ValueKind == JsonValueKind.String ? error.GetString()! : Field(error, "message");
        var code = $"{Field(error, "code")} {Field(error, "type")}";
        var status = code.Split(' ').Select(c => int.TryParse(c, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0).FirstOrDefault(n => n is >= 400 and <= 599);
        var failure = status > 0 ? FailureOf(status)
            : code.Contains("rate_limit", StringComparison.OrdinalIgnoreCase) ? ModelFailure.RateLimited
            : code.Contains("invalid_request", StringComparison.OrdinalIgnoreCase) ? ModelFailure.Refused
            : ModelFailure.ServerError;
        return new ModelException(failure, $"the server sent an error in place of its answer: {PlainText.Line($"{code.Trim()} {message}".Trim(), MaxDetail)}") { Status = status, Raw = raw };
    }

    public static ModelException Malformed(ReadOnlySpan<byte> body, int status, Exception? inner = null) =>
        new(ModelFailure.Malformed, "the answer is not a chat completion", inner) { Status = status, Raw = Encoding.UTF8.GetString(body) };

    public static ModelException WebPage(string body, Uri endpoint) =>
        new(ModelFailure.Malformed, $"the server answered with a web page in place of a completion; is {endpoint} the address of an OpenAI-compatible API?") { Status = 200, Raw = body };

    public static ModelException Filtered(string? refusal, string raw, int status) =>
        new(ModelFailure.Filtered, string.IsNullOrEmpty(refusal) ? "the provider's content filter withheld the answer" : $"the model refused: {PlainText.Line(refusal, MaxDetail)}") { Status = status, Raw = raw };

    public static ModelException Empty(string? finish, string raw, int status) =>
        new(ModelFailure.Empty, finish == "length"
            ? "the answer has no text: the model spent all its tokens before it; raise max_tokens"
            : "the answer has no text; if it stays so, the model is overloaded or its name is wrong: try another model") { Status = status, Raw = raw };

    private static ModelFailure FailureOf(int status) => status switch
    {
        429 => ModelFailure.RateLimited,
        408 or >= 500 => ModelFailure.ServerError,
        >= 400 => ModelFailure.Refused,
        // A redirect is not followed: it could lead the key to another host.
        _ => ModelFailure.Malformed,
    };

    private static string Advice(int status, ModelConfig config) => status switch
    {
        401 or 403 => config.ApiKeyVariable is { } variable
            ? $" — the key in {variable} is refused for {config.Model}: check that it is complete, not expired and may use this model"
            : " — the server wants a key: name its variable in api_key_env",
        402 => $" — no credit is left{(config.ApiKeyVariable is { } variable ? $" for the key in {variable}" : "")}",
        404 => $" — the server does not know {config.Model}, or {config.Endpoint} is not its address",
        429 => $" — too many requests or a used-up quota{(config.ApiKeyVariable is { } variable ? $" for the key in {variable}" : "")}: wait, lower ask.concurrency, or choose another model",
        _ => "",
    };

    /// <summary>Retry-After in both of its forms, seconds and date (RFC 9110 section 10.2.3); a day at the most.</summary>
    private static TimeSpan? ReadRetryAfter(string? value, DateTimeOffset now)
    {
        if (double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && !double.IsNaN(seconds))
        {
            return TimeSpan.FromSeconds(Math.Clamp(seconds, 0, LongestWait.TotalSeconds));
        }

        return DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)
            ? date <= now ? TimeSpan.Zero : date - now < LongestWait ? date - now : LongestWait
            : null;
    }

    private static string Field(JsonElement error, string name) =>
        error.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String or JsonValueKind.Number ? value.ToString() : "";
}
