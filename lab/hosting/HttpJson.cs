using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Quorate.Lab.Hosting;

internal sealed record Problem(string Error, string? Dependency = null);

/// <summary>The shapes that every lab speaks, compiled ahead of time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HealthReport))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(BurnReport))]
[JsonSerializable(typeof(LoadReport))]
[JsonSerializable(typeof(PlacedOrder))]
internal sealed partial class HostJson : JsonSerializerContext;

internal static class HttpJson
{
    public static Task AnswerAsync<T>(this HttpContext context, int status, T value, JsonTypeInfo<T> type)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, value, type, context.RequestAborted);
    }

    public static Task RefuseAsync(this HttpContext context, int status, string error) =>
        context.AnswerAsync(status, new Problem(error), HostJson.Default.Problem);

    /// <summary>Null when the body is not such a value.</summary>
    public static async Task<T?> ReadAsync<T>(this HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static async Task<T?> ReadAsync<T>(this HttpContent content, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        await using Stream body = await content.ReadAsStreamAsync(cancellationToken);
        return await JsonSerializer.DeserializeAsync(body, type, cancellationToken);
    }

    /// <summary>A whole number from the query, held within its range; the fallback when it is absent or no number.</summary>
    public static int Number(this HttpContext context, string name, int fallback, int min, int max) =>
        int.TryParse(context.Request.Query[name], out int value) ? Math.Clamp(value, min, max) : fallback;

    /// <summary>This machine, or a private (container) address: RFC 1918.</summary>
    public static bool IsNear(IPAddress? address)
    {
        if (address is null || IPAddress.IsLoopback(address))
        {
            return address is not null;
        }
        byte[] octets = address.MapToIPv4().GetAddressBytes();
        bool isPrivate = octets is [10, ..] or [172, >= 16 and <= 31, ..] or [192, 168, ..];
        return isPrivate && (address.AddressFamily == AddressFamily.InterNetwork || address.IsIPv4MappedToIPv6);
    }
}
