namespace Quorate.Models;

/// <summary>Why a model gave no usable answer.</summary>
public enum ModelFailure
{
    /// <summary>The deadline of the whole call passed: the server was too slow.</summary>
    Timeout,

    /// <summary>The server does not accept the request (4xx other than 408 and 429): a key, a model name, a limit.</summary>
    Refused,
    RateLimited,
    ServerError,

    /// <summary>The answer has no text.</summary>
    Empty,

    /// <summary>The answer is not what the protocol says, or not what the caller demanded.</summary>
    Malformed,

    /// <summary>The connection ended in the middle of the answer.</summary>
    Cut,
    Unreachable,

    /// <summary>A stream gave nothing for the stall time.</summary>
    Stalled,

    /// <summary>The member failed so often that it is not called for a while.</summary>
    CircuitOpen,

    /// <summary>The call's worst case does not fit into what is left of the budget.</summary>
    OverBudget,

    /// <summary>The answer reached its token limit, and the caller demanded a whole one.</summary>
    Truncated,

    /// <summary>The provider's filter withheld the answer, or the model used the protocol's refusal field.</summary>
    Filtered,
}

/// <summary>A model call that failed in one of the expected ways. The message is for a person and holds no credentials.</summary>
public sealed class ModelException(ModelFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    public ModelFailure Failure { get; } = failure;

    /// <summary>The HTTP status; 0 when there was no answer.</summary>
    public int Status { get; init; }

    /// <summary>What the server asked to wait; null when it did not.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The body as received, bounded; empty when there was none.</summary>
    public string Raw { get; init; } = "";

    /// <summary>The failure's name as records carry it, such as <c>rate_limited</c>.</summary>
    public string Code => CodeOf(Failure);

    public static string CodeOf(ModelFailure failure) => failure switch
    {
        ModelFailure.Timeout => "timeout",
        ModelFailure.Refused => "refused",
        ModelFailure.RateLimited => "rate_limited",
        ModelFailure.ServerError => "server_error",
        ModelFailure.Empty => "empty",
        ModelFailure.Malformed => "malformed",
        ModelFailure.Cut => "cut",
        ModelFailure.Stalled => "stalled",
        ModelFailure.CircuitOpen => "circuit_open",
        ModelFailure.OverBudget => "over_budget",
        ModelFailure.Truncated => "truncated",
        ModelFailure.Filtered => "filtered",
        _ => "unreachable",
    };
}
