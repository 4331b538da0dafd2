using System.ClientModel.Primitives;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Quorate.Contracts;

namespace Quorate.Models.Providers;

/// <summary>The bodies of OpenAI's chat completions: what is sent, and what may come back from servers that only resemble it.</summary>
internal static class OpenAiWire
{
    public const int MaxBodyBytes = 1 << 20;
    private const int MaxDetail = 300;

    public static BinaryData WriteRequest(ModelConfig config, IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        var body = new JsonObject
        {
            ["model"] = options?.ModelId ?? config.Model,
            ["messages"] = new JsonArray([.. messages.Select(m => (JsonNode)new JsonObject { ["role"] = m.Role.Value, ["content"] = m.Text })]),
            ["temperature"] = Math.Round((double)(options?.Temperature ?? (float)config.Temperature), 3),
            ["max_tokens"] = options?.MaxOutputTokens ?? config.MaxTokens,
            ["stream"] = false,
        };
        if (options?.Seed is { } seed)
        {
            body["seed"] = seed;
        }

        if (options?.ResponseFormat is ChatResponseFormatJson json)
        {
            body["response_format"] = json.Schema is { } schema
                ? new JsonObject
                {
                    ["type"] = "json_schema",
                    ["json_schema"] = new JsonObject
                    {
                        ["name"] = json.SchemaName ?? "answer",
                        ["strict"] = false,
                        ["schema"] = JsonNode.Parse(schema.GetRawText()),
                    },
                }
                : new JsonObject { ["type"] = "json_object" };
        }

        return BinaryData.FromString(body.ToJsonString(QuorateJson.Options));
    }

    public static ChatResponse ReadResponse(PipelineResponse response, string body, DateTimeOffset now)
    {
        if (response.Status is < 200 or > 299)
        {
            throw Failed(response, body, now);
        }

        if (string.IsNullOrWhiteSpace(body))
        {
            throw new ModelException(ModelFailure.Empty, "the answer has no body") { Status = response.Status };
        }

        try
        {
            using var document = JsonDocument.Parse(body);
            return ReadCompletion(document.RootElement, body, response.Status);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or IndexOutOfRangeException)
        {
            throw new ModelException(ModelFailure.Malformed, "the answer is not a chat completion", error) { Status = response.Status, Raw = body };
        }
    }

    private static ChatResponse ReadCompletion(JsonElement root, string body, int status)
    {
        var choices = root.GetProperty("choices");
        var message = choices.GetArrayLength() == 0 ? default : choices[0].GetProperty("message");
        var text = message.ValueKind == JsonValueKind.Object && message.TryGetProperty("content", out var content) && content.ValueKind != JsonValueKind.Null
            ? content.GetString() : null;
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new ModelException(ModelFailure.Empty, "the answer has no text") { Status = status, Raw = body };
        }

        var finish = choices[0].TryGetProperty("finish_reason", out var reason) && reason.ValueKind == JsonValueKind.String ? reason.GetString() : null;
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, text))
        {
            ModelId = root.TryGetProperty("model", out var model) && model.ValueKind == JsonValueKind.String ? model.GetString() : null,
            FinishReason = finish is null ? null : new ChatFinishReason(finish),
            Usage = ReadUsage(root),
        };
    }

    private static UsageDetails? ReadUsage(JsonElement root)
    {
        if (!root.TryGetProperty("usage", out var usage) || usage.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        long? Count(string name) => usage.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var count) ? count : null;
        return new UsageDetails { InputTokenCount = Count("prompt_tokens"), OutputTokenCount = Count("completion_tokens"), TotalTokenCount = Count("total_tokens") };
    }

    private static ModelException Failed(PipelineResponse response, string body, DateTimeOffset now)
    {
        var failure = response.Status switch
        {
            429 => ModelFailure.RateLimited,
            408 or >= 500 => ModelFailure.ServerError,
            >= 400 => ModelFailure.Refused,
            // A redirect is not followed: it could lead the key to another host.
            _ => ModelFailure.Malformed,
        };
        var detail = body.Length > MaxDetail ? body[..MaxDetail] + "…" : body;
        return new ModelException(failure, $"the server answered {response.Status} {response.ReasonPhrase}: {detail}".TrimEnd(' ', ':'))
        {
            Status = response.Status,
            Raw = body,
            RetryAfter = ReadRetryAfter(response, now),
        };
    }

    /// <summary>Retry-After in both of its forms, seconds and date (RFC 9110 section 10.2.3).</summary>
    private static TimeSpan? ReadRetryAfter(PipelineResponse response, DateTimeOffset now)
    {
        if (!response.Headers.TryGetValue("Retry-After", out var value) || value is null)
        {
            return null;
        }

        if (double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds))
        {
            return TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 86_400));
        }

        return DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)
            ? date > now ? date - now : TimeSpan.Zero
            : null;
    }
}
