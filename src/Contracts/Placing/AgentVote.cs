namespace Quorate.Contracts.Placing;

/// <summary>What one agent says about one proposed placement.</summary>
public sealed record AgentVote
{
    public const string Accept = "accept";
    public const string Reject = "reject";

    public required string Agent { get; init; }

    /// <summary>accept or reject.</summary>
    public required string Vote { get; init; }

    /// <summary>0 to 1.</summary>
    public required double Confidence { get; init; }

    /// <summary>Foreign text when a model wrote it.</summary>
    public required string Reasoning { get; init; }

    /// <summary>llm or rules.</summary>
    public required string Source { get; init; }

    /// <summary>The strategy that read a model's answer; null for a vote by rules.</summary>
    public string? Parsing { get; init; }

    /// <summary>Why the rules voted in a model's place: the failure's code, malformed, empty, or late when the others had decided before the model answered; null when they did not.</summary>
    public string? Fallback { get; init; }

    /// <summary>How the vote came about, word for word; null for a vote by rules alone, or when nobody asked for it.</summary>
    public VoteTranscript? Transcript { get; init; }
}

/// <summary>Where a vote comes from.</summary>
public static class VoteSource
{
    public const string Llm = "llm";
    public const string Rules = "rules";
}

/// <summary>One evaluation by a model, as it happened.</summary>
/// <param name="Model">The provider's name of the model.</param>
/// <param name="Temperature">As asked for.</param>
/// <param name="MaxTokens">As asked for.</param>
/// <param name="Prompt">Exactly what was sent.</param>
/// <param name="Response">As received: the answer's text, or the body of a call that failed; empty when nothing came.</param>
/// <param name="Parsing">What each strategy made of the response, in their order.</param>
/// <param name="LatencyMs">Milliseconds of the call.</param>
public sealed record VoteTranscript(string Model, double Temperature, int MaxTokens, string Prompt, string Response, IReadOnlyList<string> Parsing, double LatencyMs);
