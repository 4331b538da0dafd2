using Microsoft.Extensions.AI;

namespace Quorate.Models.Pipeline;

/// <summary>What a caller demands of an answer, carried by the call's options.</summary>
public sealed record CallDemands
{
    private const string Key = "quorate.demands";
    private static readonly CallDemands Nothing = new();

    /// <summary>An answer that ended at its token limit is a failure (<see cref="ModelFailure.Truncated"/>).</summary>
    public bool Whole { get; init; }

    /// <summary>Says what is wrong with an answer's text; null when nothing is. Wrong is <see cref="ModelFailure.Malformed"/>.</summary>
    public Func<string, string?>? Problem { get; init; }

    /// <summary>A copy of the options that carries these demands.</summary>
    public ChatOptions In(ChatOptions? options)
    {
        var copy = options?.Clone() ?? new ChatOptions();
        (copy.AdditionalProperties ??= [])[Key] = this;
        return copy;
    }

    internal static CallDemands Of(ChatOptions? options) =>
        options?.AdditionalProperties?.TryGetValue(Key, out var value) == true && value is CallDemands demands ? demands : Nothing;

    internal bool Any => Whole || Problem is not null;

    /// <summary>Null for an answer that meets the demands.</summary>
    internal ModelException? Check(ChatResponse answer)
    {
        if (Whole && answer.FinishReason == ChatFinishReason.Length)
        {
            return new ModelException(ModelFailure.Truncated, "the answer reached its token limit before its end; raise max_tokens") { Status = 200, Raw = answer.Text };
        }

        return Problem?.Invoke(answer.Text) is { } problem ? new ModelException(ModelFailure.Malformed, problem) { Status = 200, Raw = answer.Text } : null;
    }
}
