using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Quorate.Models.Panel;

namespace Quorate.Server.OpenAi;

/// <summary>How bodies of this API are written.</summary>
internal static class OpenAiJson
{
    public static JsonWriterOptions Relaxed { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static async Task AnswerAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        context.Response.ContentType = "application/json";
        using (var json = new Utf8JsonWriter(context.Response.BodyWriter, Relaxed))
        {
            write(json);
        }

        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    public static void WriteUsage(Utf8JsonWriter json, UsageDetails usage)
    {
        json.WriteStartObject("usage"u8);
        json.WriteNumber("prompt_tokens"u8, usage.InputTokenCount ?? 0);
        json.WriteNumber("completion_tokens"u8, usage.OutputTokenCount ?? 0);
        json.WriteNumber("total_tokens"u8, usage.TotalTokens());
        json.WriteEndObject();
    }
}
