using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Quorate.Contracts;
using Quorate.Models;
using Quorate.Server.Security;

namespace Quorate.Server.OpenAi;

/// <summary>POST /v1/embeddings: passed on to the configured endpoint.</summary>
internal static class EmbeddingsEndpoint
{
    private const int MaxTexts = 2_048;
    private const int MaxDimensions = 16_384;

    private sealed record Asked(IReadOnlyList<string> Texts, int? Dimensions, bool Base64);

    public static void MapEmbeddings(this IEndpointRouteBuilder app)
    {
        var parts = app.ServiceProvider.GetRequiredService<ServerParts>();
        app.MapPost("/v1/embeddings", context => AnswerAsync(context, parts)).RequireAuthorization(Roles.Operator).DisableRequestTimeout().WithSummary("Vectors of texts, by the configured model.");
    }

    private static async Task AnswerAsync(HttpContext context, ServerParts parts)
    {
        if (parts.Embeddings is not { } generator)
        {
            await new OpenAiError(StatusCodes.Status404NotFound, "embeddings_not_configured", "no embedding model is configured here: set ask.embeddings in quorate.json").ExecuteAsync(context);
            return;
        }

        var model = (generator.GetService(typeof(EmbeddingGeneratorMetadata)) as EmbeddingGeneratorMetadata)?.DefaultModelId ?? "embeddings";
        var (asked, wrong) = await RequestBody.ReadAsync(context, body => Read(body, model));
        try
        {
            if (asked is null)
            {
                await wrong!.ExecuteAsync(context);
                return;
            }

            var vectors = await generator.GenerateAsync(asked.Texts, new EmbeddingGenerationOptions { Dimensions = asked.Dimensions }, context.RequestAborted);
            await OpenAiJson.AnswerAsync(context, json => Write(json, vectors, model, asked.Base64));
        }
        catch (ModelException failure) when (!context.Response.HasStarted)
        {
            await OpenAiError.Of(failure).ExecuteAsync(context);
        }
    }

    private static (Asked? Asked, OpenAiError? Error) Read(ReadOnlySequence<byte> body, string model)
    {
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 8 });
            var root = document.RootElement;
            var name = root.GetProperty("model").GetString() ?? "";
            if (name != model)
            {
                return (null, new OpenAiError(StatusCodes.Status404NotFound, "model_not_found", $"there is no embedding model '{PlainText.Line(name, 60)}' here; {model} is configured", "model"));
            }

            var texts = Texts(root.GetProperty("input"));
            var dimensions = root.TryGetProperty("dimensions", out var wanted) && wanted.ValueKind != JsonValueKind.Null ? wanted.GetInt32() : (int?)null;
            var format = root.TryGetProperty("encoding_format", out var encoding) ? encoding.GetString() : null;
            return texts is null ? (null, OpenAiError.Field("input", $"a text, or 1 to {MaxTexts} of them, is needed; token numbers are not supported"))
                : dimensions is < 1 or > MaxDimensions ? (null, OpenAiError.Field("dimensions", $"1 to {MaxDimensions} is allowed"))
                : format is not (null or "float" or "base64") ? (null, OpenAiError.Field("encoding_format", "float or base64 is allowed"))
                : (new Asked(texts, dimensions, format == "base64"), null);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return (null, new OpenAiError(StatusCodes.Status400BadRequest, "invalid_json", $"a JSON object with model and input is needed: {PlainText.Line(error.Message, 200)}"));
        }
    }

    private static string[]? Texts(JsonElement input) =>
        input.ValueKind == JsonValueKind.String ? [input.GetString()!]
        : input.ValueKind == JsonValueKind.Array && input.GetArrayLength() is >= 1 and <= MaxTexts && input.EnumerateArray().All(t => t.ValueKind == JsonValueKind.String)
            ? [.. input.EnumerateArray().Select(t => t.GetString()!)] : null;

    private static void Write(Utf8JsonWriter json, GeneratedEmbeddings<Embedding<float>> vectors, string model, bool base64)
    {
        json.WriteStartObject();
        json.WriteString("object"u8, "list"u8);
        json.WriteStartArray("data"u8);
        for (var i = 0; i < vectors.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("object"u8, "embedding"u8);
            json.WriteNumber("index"u8, i);
            WriteVector(json, vectors[i].Vector.Span, base64);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("model"u8, model);
        json.WriteStartObject("usage"u8);
        json.WriteNumber("prompt_tokens"u8, vectors.Usage?.InputTokenCount ?? 0);
        json.WriteNumber("total_tokens"u8, vectors.Usage?.TotalTokenCount ?? vectors.Usage?.InputTokenCount ?? 0);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteVector(Utf8JsonWriter json, ReadOnlySpan<float> vector, bool base64)
    {
        if (base64)
        {
            // Little-endian floats, as OpenAI sends them and every machine that .NET runs on has them.
            json.WriteBase64String("embedding"u8, MemoryMarshal.AsBytes(vector));
            return;
        }

        json.WriteStartArray("embedding"u8);
        foreach (var value in vector)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }
}
