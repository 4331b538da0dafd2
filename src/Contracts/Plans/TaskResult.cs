using System.Text.Json;
using System.Text.Json.Serialization;

namespace Quorate.Contracts.Plans;

/// <summary>Whether a task did what it was asked to.</summary>
public enum TaskStatus
{
    [JsonStringEnumMemberName("OK")] Ok,
    [JsonStringEnumMemberName("FAIL")] Fail,
}

/// <summary>What an agent answers: <c>{status, out, meta}</c>.</summary>
public sealed record TaskResult
{
    public required TaskStatus Status { get; init; }

    /// <summary>One line or a few for a person: what was found or done.</summary>
    public required string Out { get; init; }

    /// <summary>The evidence as data; the keys depend on the task's type.</summary>
    public IReadOnlyDictionary<string, JsonElement> Meta { get; init; } = new Dictionary<string, JsonElement>();

    public static TaskResult Ok(string text, params (string Key, object? Value)[] meta) => Create(TaskStatus.Ok, text, meta);

    public static TaskResult Fail(string text, params (string Key, object? Value)[] meta) => Create(TaskStatus.Fail, text, meta);

    private static TaskResult Create(TaskStatus status, string text, (string Key, object? Value)[] meta) => new()
    {
        Status = status,
        Out = text,
        Meta = meta.ToDictionary(m => m.Key, m => QuorateJson.ToElement(m.Value)),
    };
}
