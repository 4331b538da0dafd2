using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Quorate.Lab.Shop.Data;

namespace Quorate.Lab.Shop.Hosting;

internal sealed record Problem(string Error, string? Dependency = null);

/// <summary>Every shape on the shop's wires and in its files, compiled ahead of time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HealthReport))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(NewOrder))]
[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(List<Order>))]
[JsonSerializable(typeof(QueueItem))]
[JsonSerializable(typeof(List<QueueItem>))]
[JsonSerializable(typeof(QueueChange))]
[JsonSerializable(typeof(BurnReport))]
[JsonSerializable(typeof(Tools.LoadReport))]
internal sealed partial class ShopJson : JsonSerializerContext;

internal sealed record BurnReport(int Threads, int Seconds);

internal static class HttpJson
{
    public static Task AnswerAsync<T>(this HttpContext context, int status, T value, JsonTypeInfo<T> type)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, value, type, context.RequestAborted);
    }

    public static Task RefuseAsync(this HttpContext context, int status, string error) =>
        context.AnswerAsync(status, new Problem(error), ShopJson.Default.Problem);

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
}
