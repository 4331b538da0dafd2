using System.Text.Json;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Approval;

namespace Quorate.Engine.Triage;

public enum TriageOutcome
{
    Resolved,
    Unresolved,
    NeedsInput,
    NoFault,
}

/// <summary>The answer of <c>triage</c>.</summary>
public sealed record TriageResult
{
    public required string IncidentId { get; init; }
    public required TriageOutcome Outcome { get; init; }

    /// <summary>One sentence; null when nothing was found.</summary>
    public string? RootCause { get; init; }

    /// <summary>The service at the root of it; null when none was found.</summary>
    public string? RootService { get; init; }
    public required IReadOnlyList<Plan> Plans { get; init; }
    public required IReadOnlyList<TaskReport> Tasks { get; init; }

    /// <summary>What the panel decided about actions and about taking them back; empty when approval is off or nothing was to be changed.</summary>
    public IReadOnlyList<ApprovalReport> Approvals { get; init; } = [];

    /// <summary>The monitor's own probes passed through the stability window.</summary>
    public required bool Verified { get; init; }
    public required TriageTimings TimingsMs { get; init; }
    public required IReadOnlyList<string> Questions { get; init; }

    /// <summary>What is still wrong, one sentence each, when the outcome is not resolved.</summary>
    public IReadOnlyList<string> Deviations { get; init; } = [];
}

public sealed record TaskReport
{
    public required string TaskId { get; init; }
    public required int PlanVersion { get; init; }
    public required string Type { get; init; }
    public required string Target { get; init; }

    /// <summary>OK, FAIL, or SKIPPED when the plan was superseded before it started.</summary>
    public required string Status { get; init; }
    public required string Agent { get; init; }
    public required string Out { get; init; }
    public required IReadOnlyDictionary<string, JsonElement> Meta { get; init; }
    public string? EnvelopeHash { get; init; }

    /// <summary>SHA-256 of the certificate that approves the action, in hex.</summary>
    public string? Certificate { get; init; }
    public required DecisionTag DecisionTag { get; init; }
    public double DurationMs { get; init; }
}

/// <summary>One decision of the panel. Undo: about taking the task's effect back. Certificate: SHA-256 of the certificate in hex. Confidence: share of the members whose vote is the decision and who are not proven to have lied.</summary>
public sealed record ApprovalReport(string TaskId, int PlanVersion, string Type, string Target, bool Undo, bool Approved, string Reason, IReadOnlyList<ApprovalVote> Votes, string? Certificate, IReadOnlyList<ApprovalFault> Faults, double Confidence, double DurationMs);

/// <summary>Milliseconds of monotonic time; 0 when the phase did not happen.</summary>
public sealed record TriageTimings(double Detect, double Plan, double Act, double Verify, double Total);
