using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Quorate.Models.Providers;

/// <summary>One event of a streamed completion, read without building a document. Fields are null when the event has none.</summary>
internal ref struct StreamChunk
{
    public string? Text;
    public string? Finish;
    public string? Refusal;
    public string? Model;
    public UsageDetails? Usage;

    /// <exception cref="JsonException">No JSON, or not of a chunk's form.</exception>
    /// <exception cref="ModelException">The server's error.</exception>
    public static StreamChunk Read(ReadOnlySpan<byte> data, bool wantsModel)
    {
        var chunk = new StreamChunk();
        var json = new Utf8JsonReader(data);
        Begin(ref json, JsonTokenType.StartObject);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("choices"u8))
            {
                chunk.ReadChoices(ref json);
            }
            else if (json.ValueTextEquals("usage"u8))
            {
                chunk.ReadUsage(ref json);
            }
            else if (json.ValueTextEquals("error"u8))
            {
                ReadError(ref json, data);
            }
            else if (wantsModel && json.ValueTextEquals("model"u8))
            {
                chunk.Model = ReadText(ref json);
            }
            else
            {
                json.Skip();
            }
        }

        // Whatever follows the object is found here.
        json.Read();
        return chunk;
    }

    private static void Begin(ref Utf8JsonReader json, JsonTokenType wanted)
    {
        json.Read();
        if (json.TokenType != wanted)
        {
            throw new JsonException($"{wanted} expected, {json.TokenType} found");
        }
    }

    private static void ReadError(ref Utf8JsonReader json, ReadOnlySpan<byte> data)
    {
        using var document = JsonDocument.ParseValue(ref json);
        if (document.RootElement.ValueKind is JsonValueKind.Object or JsonValueKind.String)
        {
            throw ProviderFailures.InBody(document.RootElement, Encoding.UTF8.GetString(data));
        }
    }

    private void ReadChoices(ref Utf8JsonReader json)
    {
        Begin(ref json, JsonTokenType.StartArray);
        for (var index = 0; json.Read() && json.TokenType != JsonTokenType.EndArray; index++)
        {
            if (index > 0 || json.TokenType != JsonTokenType.StartObject)
            {
                json.Skip();
                continue;
            }

            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("delta"u8))
                {
                    ReadDelta(ref json);
                }
                else if (json.ValueTextEquals("finish_reason"u8))
                {
                    Finish = ReadText(ref json);
                }
                else
                {
                    json.Skip();
                }
            }
        }
    }

    private void ReadDelta(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Null)
        {
            return;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("content"u8))
            {
                Text = ReadText(ref json);
            }
            else if (json.ValueTextEquals("refusal"u8))
            {
                Refusal = ReadText(ref json);
            }
            else
            {
                json.Skip();
            }
        }
    }

    private static string? ReadText(ref Utf8JsonReader json)
    {
        json.Read();
        return json.TokenType is JsonTokenType.String or JsonTokenType.Null ? json.GetString() : throw new JsonException("a text expected");
    }

    private void ReadUsage(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return;
        }

        var usage = new UsageDetails();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("prompt_tokens"u8))
            {
                usage.InputTokenCount = ReadCount(ref json);
            }
            else if (json.ValueTextEquals("completion_tokens"u8))
            {
                usage.OutputTokenCount = ReadCount(ref json);
            }
            else if (json.ValueTextEquals("total_tokens"u8))
            {
                usage.TotalTokenCount = ReadCount(ref json);
            }
            else
            {
                json.Skip();
            }
        }

        Usage = usage;
    }

    private static long? ReadCount(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            json.Skip();
        }

        return json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var count) && count >= 0 ? count : null;
    }
}
