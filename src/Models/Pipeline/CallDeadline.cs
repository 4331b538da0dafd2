using Microsoft.Extensions.AI;

namespace Quorate.Models.Pipeline;

/// <summary>When the whole call ends, told by the deadline client to those inside it.</summary>
internal static class CallDeadline
{
    private const string Key = "quorate.deadline";

    public static ChatOptions With(ChatOptions? options, DateTimeOffset deadline)
    {
        var copy = options?.Clone() ?? new ChatOptions();
        (copy.AdditionalProperties ??= [])[Key] = deadline;
        return copy;
    }

    /// <summary>The far future when no deadline client is outside.</summary>
    public static DateTimeOffset Of(ChatOptions? options) =>
        options?.AdditionalProperties?.TryGetValue(Key, out var value) == true && value is DateTimeOffset deadline ? deadline : DateTimeOffset.MaxValue;
}
