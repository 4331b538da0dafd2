using Microsoft.Extensions.AI;

namespace Quorate.Models.Pipeline;

/// <summary>When the whole call ends, told by the deadline client to those inside it.</summary>
/// <param name="At">For those who plan ahead.</param>
/// <param name="Passed">For those who ask afterwards: a timer may fire a little before the clock reads <paramref name="At"/>.</param>
internal sealed record CallDeadline(DateTimeOffset At, CancellationToken Passed)
{
    private const string Key = "quorate.deadline";
    private static readonly CallDeadline Never = new(DateTimeOffset.MaxValue, CancellationToken.None);

    public ChatOptions In(ChatOptions? options)
    {
        var copy = options?.Clone() ?? new ChatOptions();
        (copy.AdditionalProperties ??= [])[Key] = this;
        return copy;
    }

    /// <summary>The far future when no deadline client is outside.</summary>
    public static CallDeadline Of(ChatOptions? options) =>
        options?.AdditionalProperties?.TryGetValue(Key, out var value) == true && value is CallDeadline deadline ? deadline : Never;
}
