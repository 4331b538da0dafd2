using System.Text.Json;

namespace Quorate.Contracts.Provenance;

/// <summary>One call of a model, word for word: the payload of an <c>llm_run</c> entry.</summary>
public sealed record LlmRun
{
    public required string RunId { get; init; }

    /// <summary>The work that the call was made for; null for a call on its own.</summary>
    public string? IncidentId { get; init; }
    public required string Model { get; init; }

    /// <summary>Endpoint without credentials, token limit, response format.</summary>
    public required JsonElement Config { get; init; }
    public required string Prompt { get; init; }

    /// <summary>As received, up to where the call failed; Error then says why.</summary>
    public required string Response { get; init; }

    /// <summary>SHA-256 in lower-case hex of the UTF-8 text.</summary>
    public required string PromptHash { get; init; }
    public required string ResponseHash { get; init; }
    public required double Temp { get; init; }

    /// <summary>Total tokens as the server counted them; 0 when it did not say.</summary>
    public required int Tokens { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required double LatencyMs { get; init; }

    /// <summary>
    /// Null, or a typed failure: timeout, refused, rate_limited, server_error, empty, malformed, cut, unreachable, stalled, filtered,
    /// cancelled. What ends a call before it reaches a server (circuit_open, over_budget) or judges its answer afterwards (truncated)
    /// makes no run of its own.
    /// </summary>
    public string? Error { get; init; }
}
