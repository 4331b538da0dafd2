using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Quorate.Contracts;
using Quorate.Models;

namespace Quorate.Server.OpenAi;

/// <summary>An error in the form of OpenAI's API: <c>{"error":{"message","type","param","code"}}</c>.</summary>
/// <param name="Status">HTTP.</param>
/// <param name="Code">Stable, snake_case.</param>
/// <param name="Message">For a person; no credentials.</param>
/// <param name="Param">The field that is wrong; null for none.</param>
internal sealed record OpenAiError(int Status, string Code, string Message, string? Param = null) : IResult
{
    private const int LongestMessage = 1_000;

    /// <summary>When to come back; null when nobody knows.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Clients that repeat failed calls by themselves are told not to: all repeating that makes sense was done here.</summary>
    public bool Final { get; init; }

    public static bool IsFor(HttpContext context) => context.Request.Path.StartsWithSegments("/v1", StringComparison.Ordinal);

    public static OpenAiError Field(string param, string message) => new(StatusCodes.Status400BadRequest, "invalid_value", $"{param}: {message}", param);

    public static OpenAiError Of(QuorateException error) => new(
        error.Kind == ErrorKind.Input ? StatusCodes.Status400BadRequest : StatusCodes.Status503ServiceUnavailable,
        error.Code,
        error.Hint is null ? error.Message : $"{error.Message} ({error.Hint})");

    /// <summary>What a member's failure means to the caller of this server.</summary>
    public static OpenAiError Of(ModelException error) => new(StatusOf(error), "model_" + error.Code, error.Message)
    {
        RetryAfter = error.RetryAfter,
        Final = error.Failure is not (ModelFailure.RateLimited or ModelFailure.CircuitOpen),
    };

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        response.ContentType = "application/json";
        if (RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Ceiling(Math.Max(1, wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        if (Final)
        {
            response.Headers["x-should-retry"] = "false";
        }

        using (var json = new Utf8JsonWriter(response.BodyWriter, OpenAiJson.Relaxed))
        {
            Write(json);
        }

        await response.BodyWriter.FlushAsync(httpContext.RequestAborted);
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartObject("error"u8);
        json.WriteString("message"u8, PlainText.Clean(Message, LongestMessage));
        json.WriteString("type"u8, TypeOf(Status));
        json.WriteString("param"u8, Param);
        json.WriteString("code"u8, Code);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
    }

    private static string TypeOf(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => "authentication_error",
        StatusCodes.Status403Forbidden => "permission_error",
        StatusCodes.Status429TooManyRequests => "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };

    private static int StatusOf(ModelException error) => error.Failure switch
    {
        ModelFailure.Timeout or ModelFailure.Stalled => StatusCodes.Status504GatewayTimeout,
        ModelFailure.RateLimited or ModelFailure.OverBudget => StatusCodes.Status429TooManyRequests,
        ModelFailure.CircuitOpen => StatusCodes.Status503ServiceUnavailable,
        // What the caller can mend; a key that the provider refuses is this server's business.
        ModelFailure.Refused when error.Status is 400 or 413 or 422 => StatusCodes.Status400BadRequest,
        _ => StatusCodes.Status502BadGateway,
    };
}
