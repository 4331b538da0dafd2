using System.Text.Json.Serialization;
using Quorate.Contracts.Provenance;

namespace Quorate.Contracts.Asking;

/// <summary>What the panel answered, and everything that tells how far to trust it.</summary>
public sealed record AskResult
{
    public required string JobId { get; init; }
    public required AskRequest Request { get; init; }
    public required ConsensusAnswer Consensus { get; init; }

    /// <summary>One for each member asked, in the panel's order, failed ones too.</summary>
    public required IReadOnlyList<MemberResponse> Responses { get; init; }

    /// <summary>The minority report: members whose answer the consensus does not carry.</summary>
    public required IReadOnlyList<Dissent> Dissent { get; init; }

    /// <summary>Scores of the peer review, 0 (always ranked last) to 1, by member; null when there was none.</summary>
    public IReadOnlyDictionary<string, double>? Review { get; init; }

    /// <summary>Over the panel's own usable answers; the aggregator's summary is not part of it.</summary>
    public required ResponseAnalysis Analysis { get; init; }

    /// <summary>What aggregators wrote, the last one being the summary unless it is not ok.</summary>
    public IReadOnlyList<MemberResponse> Summaries { get; init; } = [];

    /// <summary>The signed outcome; null when there is nobody to sign it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public OutcomeCertificate? Certificate { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required double LatencyMs { get; init; }

    /// <summary>Of all calls, those for summaries among them.</summary>
    [JsonIgnore]
    public int TotalTokens => Responses.Concat(Summaries).Sum(r => r.Tokens);

    /// <summary>US dollars, of the same calls.</summary>
    [JsonIgnore]
    public decimal TotalCost => Responses.Concat(Summaries).Sum(r => r.Cost);
}

/// <summary>The panel's answer.</summary>
public sealed record ConsensusAnswer
{
    public required string Text { get; init; }

    /// <summary>0–100. A vote: the winner's share. Otherwise: the mean similarity of the panel's answers in pairs.</summary>
    public required double Score { get; init; }

    /// <summary>True when a member failed or was left out, fewer than a quorum gave a usable answer or vote, or the chosen aggregator did not write the text.</summary>
    public required bool Degraded { get; init; }

    /// <summary>Who wrote the text; null when a rule did.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Aggregator { get; init; }

    /// <summary>One of <see cref="ConsensusMethod"/>.</summary>
    public required string Method { get; init; }

    /// <summary>A vote's outcome: yes, no or a choice's letter; null when there is none or the vote is tied.</summary>
    public string? Answer { get; init; }

    /// <summary>A vote's tally by option; weights when the votes were weighted.</summary>
    public IReadOnlyDictionary<string, double>? Tally { get; init; }

    /// <summary>Statements of the text with the members that support them.</summary>
    public IReadOnlyList<SupportedClaim> Claims { get; init; } = [];
}

public sealed record SupportedClaim(string Text, IReadOnlyList<string> Members);

/// <summary>A member that the consensus does not follow.</summary>
public sealed record Dissent(string Model, string Text, string Reason);

/// <summary>One member's part.</summary>
public sealed record MemberResponse
{
    public required string Model { get; init; }

    /// <summary>The ethical role as used; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Role { get; init; }

    /// <summary>The last answer; empty when there was none.</summary>
    public required string Text { get; init; }

    /// <summary>ok, failed, excluded (answered, but left out of the consensus) or cancelled (not needed any more).</summary>
    public required string Status { get; init; }

    /// <summary>Why not ok.</summary>
    public MemberError? Error { get; init; }
    public double LatencyMs { get; init; }
    public int Tokens { get; init; }

    /// <summary>US dollars, by the configured price.</summary>
    public decimal Cost { get; init; }

    /// <summary>Yes, no or a letter; null when the text holds no vote.</summary>
    public string? Vote { get; init; }

    /// <summary>0–1 as the member states it.</summary>
    public double? Confidence { get; init; }

    /// <summary>The prompt as sent.</summary>
    public string? Prompt { get; init; }
}

/// <param name="Code">Of ModelFailure, or one that the panel itself gives.</param>
/// <param name="Message">For a person.</param>
public sealed record MemberError(string Code, string Message)
{
    /// <summary>The vote was decided without it.</summary>
    public const string NotNeeded = "not_needed";

    /// <summary>It came after the grace.</summary>
    public const string Straggler = "straggler";

    /// <summary>Its answer has little in common with all others.</summary>
    public const string Outlier = "outlier";

    /// <summary>Its documents do not answer the question.</summary>
    public const string NotFound = "not_found";
}

/// <summary>How a panel came to its answer.</summary>
public static class ConsensusMethod
{
    public const string Summary = "summary";
    public const string Vote = "vote";

    /// <summary>The answer nearest to all others.</summary>
    public const string Centroid = "centroid";

    /// <summary>No usable answer.</summary>
    public const string None = "none";
}

/// <summary>What became of a member's part.</summary>
public static class ResponseStatus
{
    public const string Ok = "ok";
    public const string Failed = "failed";
    public const string Excluded = "excluded";
    public const string Cancelled = "cancelled";
}
