using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Quorate.Models.Providers;

/// <summary>The bodies of OpenAI's chat completions: what is sent, and what may come back from servers that only resemble it.</summary>
internal static class OpenAiWire
{
    public const int MaxBodyBytes = 1 << 20;
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The same question and options always give the same bytes, so they also name a call.</summary>
    public static ReadOnlyMemory<byte> WriteRequest(ModelConfig config, IEnumerable<ChatMessage> messages, ChatOptions? options, bool stream)
    {
        var buffer = new ArrayBufferWriter<byte>(1_024);
        using var json = new Utf8JsonWriter(buffer, Relaxed);
        json.WriteStartObject();
        json.WriteString("model"u8, options?.ModelId ?? config.Model);
        json.WriteStartArray("messages"u8);
        foreach (var message in messages)
        {
            json.WriteStartObject();
            json.WriteString("role"u8, message.Role.Value);
            json.WriteString("content"u8, message.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("temperature"u8, Math.Round(options?.Temperature is { } t ? t : config.Temperature, 3));
        json.WriteNumber("max_tokens"u8, options?.MaxOutputTokens ?? config.MaxTokens);
        WriteSampling(json, options);
        WriteFormat(json, options?.ResponseFormat as ChatResponseFormatJson);
        json.WriteBoolean("stream"u8, stream);
        if (stream)
        {
            json.WriteStartObject("stream_options"u8);
            json.WriteBoolean("include_usage"u8, true);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void WriteSampling(Utf8JsonWriter json, ChatOptions? options)
    {
        void Number(ReadOnlySpan<byte> name, float? value)
        {
            if (value is { } number)
            {
                json.WriteNumber(name, Math.Round((double)number, 3));
            }
        }

        Number("top_p"u8, options?.TopP);
        Number("frequency_penalty"u8, options?.FrequencyPenalty);
        Number("presence_penalty"u8, options?.PresencePenalty);
        if (options?.Seed is { } seed)
        {
            json.WriteNumber("seed"u8, seed);
        }

        if (options?.StopSequences is { Count: > 0 } stops)
        {
            json.WriteStartArray("stop"u8);
            foreach (var stop in stops)
            {
                json.WriteStringValue(stop);
            }

            json.WriteEndArray();
        }
    }

    private static void WriteFormat(Utf8JsonWriter json, ChatResponseFormatJson? format)
    {
        if (format is null)
        {
            return;
        }

        json.WriteStartObject("response_format"u8);
        json.WriteString("type"u8, format.Schema is null ? "json_object"u8 : "json_schema"u8);
        if (format.Schema is { } schema)
        {
            json.WriteStartObject("json_schema"u8);
            json.WriteString("name"u8, format.SchemaName ?? "answer");
            json.WriteBoolean("strict"u8, false);
            json.WritePropertyName("schema"u8);
            schema.WriteTo(json);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
