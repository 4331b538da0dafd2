using System.Text.Json;
using Quorate.Contracts.Plans;

namespace Quorate.Engine.Triage.Agents;

/// <summary>Names in a result's meta that the scheduler and the engine read; everything else there is evidence.</summary>
public static class ResultKeys
{
    /// <summary>What a look found, one sentence; absent when everything is as it should be.</summary>
    public const string Finding = "finding";

    /// <summary>False when repeating a failed task cannot help.</summary>
    public const string Retryable = "retryable";

    /// <summary>True when the effect was there before the action.</summary>
    public const string AlreadyDone = "already_done";

    /// <summary>With which a data repair is undone.</summary>
    public const string DataToken = "data_token";

    public static bool IsRetryable(this TaskResult result) => !(result.Meta.TryGetValue(Retryable, out var value) && value.ValueKind == JsonValueKind.False);

    public static bool WasAlreadyDone(this TaskResult result) => result.Meta.TryGetValue(AlreadyDone, out var value) && value.ValueKind == JsonValueKind.True;

    public static string? FindDataToken(this TaskResult result) =>
        result.Meta.TryGetValue(DataToken, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A failure that would repeat itself.</summary>
    public static TaskResult Refuse(string text, params (string Key, object? Value)[] meta) => TaskResult.Fail(text, [.. meta, (Retryable, false)]);
}
