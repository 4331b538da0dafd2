using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.AI;
using Quorate.Models.Panel;
using Quorate.Models.Providers;

namespace Quorate.Models.Caching;

/// <summary>An answer worth giving again.</summary>
internal sealed record CachedAnswer
{
    /// <summary>Openings of refusals; taking too much for one only costs a call.</summary>
    private static readonly string[] Refusals =
        ["i'm sorry", "i am sorry", "sorry,", "i can't", "i cannot", "i can not", "i won't", "i will not", "i'm unable", "i am unable", "i'm not able", "i am not able", "as an ai"];

    /// <summary>Longer texts answer something even when they begin like a refusal.</summary>
    private const int LongestRefusal = 400;

    public required string Key { get; init; }
    public required string Text { get; init; }
    public string? Model { get; init; }
    public long? InputTokens { get; init; }
    public long? OutputTokens { get; init; }

    /// <summary>SHA-256 over everything that changes the answer: provider, endpoint, and the request's body as a whole answer would be asked for.</summary>
    public static string KeyOf(ModelConfig config, IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{config.Provider}\n{config.Endpoint}\n"));
        hash.AppendData(OpenAiWire.WriteRequest(config, messages, options, stream: false).Span);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Null for an answer that must not be given again: truncated, of unknown end, empty, or a refusal.</summary>
    public static CachedAnswer? From(string key, ChatResponse response)
    {
        var text = response.Text;
        return response.FinishReason != ChatFinishReason.Stop || string.IsNullOrWhiteSpace(text) || Refuses(text) ? null
            : new CachedAnswer { Key = key, Text = text, Model = response.ModelId, InputTokens = response.Usage?.InputTokenCount, OutputTokens = response.Usage?.OutputTokenCount };
    }

    public ChatResponse ToResponse()
    {
        var response = new ChatResponse(new ChatMessage(ChatRole.Assistant, Text))
        {
            ModelId = Model,
            FinishReason = ChatFinishReason.Stop,
            Usage = InputTokens is null && OutputTokens is null ? null
                : new UsageDetails { InputTokenCount = InputTokens, OutputTokenCount = OutputTokens, TotalTokenCount = (InputTokens ?? 0) + (OutputTokens ?? 0) },
        };
        response.SetCached();
        return response;
    }

    private static bool Refuses(string text)
    {
        var start = text.AsSpan().TrimStart();
        if (start.Length > LongestRefusal)
        {
            return false;
        }

        foreach (var opening in Refusals)
        {
            if (start.StartsWith(opening, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
