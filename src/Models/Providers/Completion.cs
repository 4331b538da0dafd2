using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Quorate.Models.Providers;

/// <summary>Reads a chat completion that came in one piece.</summary>
internal static class Completion
{
    /// <exception cref="ModelException">The body is an error, empty, withheld or no completion.</exception>
    public static ChatResponse Read(ReadOnlyMemory<byte> body, int status)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return ReadRoot(document.RootElement, body, status);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or IndexOutOfRangeException)
        {
            throw ProviderFailures.Malformed(body.Span, status, error);
        }
    }

    public static ChatFinishReason? Finish(string? reason) => reason switch
    {
        null => null,
        "stop" => ChatFinishReason.Stop,
        "length" => ChatFinishReason.Length,
        "content_filter" => ChatFinishReason.ContentFilter,
        _ => new ChatFinishReason(reason),
    };

    private static ChatResponse ReadRoot(JsonElement root, ReadOnlyMemory<byte> body, int status)
    {
        string Raw() => Encoding.UTF8.GetString(body.Span);
        if (root.TryGetProperty("error", out var problem) && problem.ValueKind is JsonValueKind.Object or JsonValueKind.String)
        {
            throw ProviderFailures.InBody(problem, Raw());
        }

        var choices = root.GetProperty("choices");
        var message = choices.GetArrayLength() == 0 ? default : choices[0].GetProperty("message");
        var text = Text(message, "content");
        var finish = message.ValueKind == JsonValueKind.Undefined ? null : Text(choices[0], "finish_reason");
        if (finish == "content_filter" || (string.IsNullOrWhiteSpace(text) && !string.IsNullOrEmpty(Text(message, "refusal"))))
        {
            throw ProviderFailures.Filtered(Text(message, "refusal"), Raw(), status);
        }

        if (string.IsNullOrWhiteSpace(text))
        {
            throw ProviderFailures.Empty(finish, Raw(), status);
        }

        return new ChatResponse(new ChatMessage(ChatRole.Assistant, text))
        {
            ModelId = Text(root, "model"),
            FinishReason = Finish(finish),
            Usage = ReadUsage(root),
        };
    }

    private static string? Text(JsonElement owner, string name) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(name, out var value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined)
            ? name == "content" || value.ValueKind == JsonValueKind.String ? value.GetString() : null : null;

    public static UsageDetails? ReadUsage(JsonElement root)
    {
        if (!root.TryGetProperty("usage", out var usage) || usage.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        long? Count(string name) => usage.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var count) && count >= 0 ? count : null;
        return new UsageDetails { InputTokenCount = Count("prompt_tokens"), OutputTokenCount = Count("completion_tokens"), TotalTokenCount = Count("total_tokens") };
    }
}
