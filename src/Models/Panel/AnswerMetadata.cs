using Microsoft.Extensions.AI;

namespace Quorate.Models.Panel;

/// <summary>What the pipeline tells about an answer beside its text. Of a stream, the last update carries it.</summary>
public static class AnswerMetadata
{
    private const string Cost = "quorate.cost_usd";
    private const string Cached = "quorate.cached";

    /// <summary>US dollars by the configured price; 0 for a cached answer and for members without a price.</summary>
    public static decimal CostUsd(this ChatResponse response) => Get<decimal>(response.AdditionalProperties, Cost);

    /// <summary>The answer was given before to the same question: no call was made.</summary>
    public static bool IsCached(this ChatResponse response) => Get<bool>(response.AdditionalProperties, Cached);

    public static decimal CostUsd(this ChatResponseUpdate update) => Get<decimal>(update.AdditionalProperties, Cost);

    public static bool IsCached(this ChatResponseUpdate update) => Get<bool>(update.AdditionalProperties, Cached);

    /// <summary>As the server counted, else the sum of its parts; 0 when it did not count.</summary>
    public static long TotalTokens(this UsageDetails? usage) => usage?.TotalTokenCount ?? (usage?.InputTokenCount ?? 0) + (usage?.OutputTokenCount ?? 0);

    internal static void SetCost(this ChatResponse response, decimal usd) => (response.AdditionalProperties ??= [])[Cost] = usd;

    internal static void SetCost(this ChatResponseUpdate update, decimal usd) => (update.AdditionalProperties ??= [])[Cost] = usd;

    internal static void SetCached(this ChatResponse response) => (response.AdditionalProperties ??= [])[Cached] = true;

    internal static void SetCached(this ChatResponseUpdate update) => (update.AdditionalProperties ??= [])[Cached] = true;

    private static T? Get<T>(AdditionalPropertiesDictionary? properties, string key) =>
        properties is not null && properties.TryGetValue(key, out var value) && value is T typed ? typed : default;
}
