using System.Text.Json;

namespace Quorate.Server.OpenAi;

/// <summary>What every whole completion has.</summary>
internal static class Completion
{
    public static void WriteHead(Utf8JsonWriter json, string id, TimeProvider time, string model)
    {
        json.WriteString("id"u8, id);
        json.WriteString("object"u8, "chat.completion"u8);
        json.WriteNumber("created"u8, time.GetUtcNow().ToUnixTimeSeconds());
        json.WriteString("model"u8, model);
    }

    public static void WriteChoice(Utf8JsonWriter json, string? text, string? refusal, string finish)
    {
        json.WriteStartArray("choices"u8);
        json.WriteStartObject();
        json.WriteNumber("index"u8, 0);
        json.WriteStartObject("message"u8);
        json.WriteString("role"u8, "assistant"u8);
        json.WriteString("content"u8, text);
        json.WriteString("refusal"u8, refusal);
        json.WriteEndObject();
        json.WriteNull("logprobs"u8);
        json.WriteString("finish_reason"u8, finish);
        json.WriteEndObject();
        json.WriteEndArray();
    }
}
