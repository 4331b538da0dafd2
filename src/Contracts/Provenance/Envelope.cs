using System.Text.Json.Serialization;
using Quorate.Contracts.Plans;

namespace Quorate.Contracts.Provenance;

/// <summary>Who decided: a model, or code.</summary>
public enum DecisionTag
{
    [JsonStringEnumMemberName("LLM_DECISION")] LlmDecision,
    [JsonStringEnumMemberName("DETERMINISTIC")] Deterministic,
}

/// <summary>What is signed: one task, meant for one agent, valid for a short time, once.</summary>
public sealed record EnvelopeBody
{
    public required string IncidentId { get; init; }
    public required string PlanId { get; init; }
    public required int PlanVersion { get; init; }
    public required PlanTask Task { get; init; }
    public required DecisionTag DecisionTag { get; init; }

    /// <summary>1 for the first dispatch, 2 and 3 for its retries.</summary>
    public required int Attempt { get; init; }

    /// <summary>Hash of the first envelope of this effect; null on the first attempt, whose own hash is the key.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>When the effect was first intended; the observation before a repeat compares with it.</summary>
    public required DateTimeOffset IntendedAt { get; init; }
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>128 random bits in hex.</summary>
    public required string Nonce { get; init; }
    public required long Seq { get; init; }

    /// <summary>Base64 of the quorum certificate that approves this action; null when none is needed, or approval is off.</summary>
    public string? Certificate { get; init; }
}

/// <summary>A task in its signed envelope. Hmac is lower-case hex of HMAC-SHA256 over the canonical body.</summary>
public sealed record Envelope
{
    [JsonPropertyName("envelope")]
    public required EnvelopeBody Body { get; init; }
    public required int KeyVersion { get; init; }
    public required string Hmac { get; init; }
    public required long Seq { get; init; }
}
