using System.Text.Json.Serialization;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Approval;
using Quorate.Engine.Triage.Agents;
using Quorate.Engine.Triage.Monitoring;
using Quorate.Engine.Triage.Planning;

namespace Quorate.Engine.Triage;

/// <summary>The payload of one ledger entry of an incident. Reading them in order gives the incident's state again.</summary>
public abstract record IncidentRecord
{
    /// <summary>One of <see cref="LedgerKinds"/>.</summary>
    [JsonIgnore]
    public abstract string Kind { get; }
}

/// <summary>TextBytes is the size of what the person wrote, of which Text may be the begin. HandPlan: a plan by hand instead of a planner.</summary>
public sealed record IncidentOpened(string SiteId, string Site, string Platform, string Owner, string Text, int TextBytes, DateTimeOffset At, SiteBaseline Baseline, Plan? HandPlan) : IncidentRecord
{
    public override string Kind => LedgerKinds.IncidentOpened;
}

/// <summary>Refused by the planner's validation, or (ByEngine) by the engine: it flaps, or cannot be carried out.</summary>
public sealed record PlanRejected(string Origin, IReadOnlyList<string> Reasons, string Raw, bool ByEngine) : IncidentRecord
{
    public override string Kind => LedgerKinds.PlanRejected;
}

public sealed record PlanCommitted(Plan Plan, string Origin, string Rationale, IReadOnlyList<Hypothesis> Hypotheses, DecisionTag Tag, DateTimeOffset At) : IncidentRecord
{
    public override string Kind => LedgerKinds.PlanCommitted;
}

/// <summary>
/// What the panel decided about one action of a plan (Undo: about taking its effect back), or, with TaskId null, that
/// the plan is carried out with approval switched off. Certificate: base64; CertificateHash: SHA-256 of its bytes in hex.
/// </summary>
public sealed record ApprovalRecorded(string PlanId, int PlanVersion, string? TaskId, string? Type, string? Target, bool Undo, string Mode, bool Approved, string Reason, IReadOnlyList<ApprovalVote> Votes, string? CertificateHash, string? Certificate, IReadOnlyList<ApprovalFault> Faults, double Confidence, double DurationMs) : IncidentRecord
{
    public const string Panel = "panel";
    public const string Off = "off";

    public override string Kind => LedgerKinds.Approval;
}

public sealed record PlanConfirmed(string PlanId, int PlanVersion, bool Allowed) : IncidentRecord
{
    public override string Kind => LedgerKinds.PlanConfirmed;
}

/// <summary>Written before a dispatch. EffectKey: hash of the first envelope of this effect.</summary>
public sealed record TaskIntent(Envelope Envelope, string EnvelopeHash, string EffectKey, InverseAction? Inverse) : IncidentRecord
{
    public override string Kind => LedgerKinds.TaskIntent;
}

/// <summary>Written after a dispatch. Final is false when the task will be tried again.</summary>
public sealed record TaskOutcome(string PlanId, int PlanVersion, string TaskId, string EnvelopeHash, int Attempt, bool Final, double DurationMs, TaskResult Result) : IncidentRecord
{
    public override string Kind => LedgerKinds.TaskOutcome;
}

/// <summary>An executor did not accept an envelope. Verdict: bad_hmac, unknown_key, expired, from_the_future, replayed, malformed, or unapproved; Detail says more.</summary>
public sealed record EnvelopeRefused(string TaskId, string EnvelopeHash, string Verdict, string? Detail = null) : IncidentRecord
{
    public override string Kind => LedgerKinds.EnvelopeRefused;
}

/// <summary>Kept: keys of effects that are not taken back although it did not pass. PlanVersion 0: nothing was planned.</summary>
public sealed record Verification(int PlanVersion, bool NoFaultClaim, bool Passed, IReadOnlyList<string> Deviations, double WindowMs, int Rounds, IReadOnlyList<string> Kept) : IncidentRecord
{
    public override string Kind => LedgerKinds.Verification;
}

/// <summary>AtMs: monotonic milliseconds since the incident was opened (or resumed) when the deviation was first seen.</summary>
public sealed record Trigger(int PlanVersion, double AtMs, IReadOnlyList<string> Deviations) : IncidentRecord
{
    public override string Kind => LedgerKinds.Trigger;
}

/// <summary>Result null: the intent, written before the undo; else its outcome.</summary>
public sealed record Undo(int PlanVersion, string TaskId, string EffectKey, InverseAction Inverse, string? DataToken, DateTimeOffset IntendedAt, TaskResult? Result) : IncidentRecord
{
    public override string Kind => LedgerKinds.Undo;

    [JsonIgnore]
    public string UndoKey => "undo-" + EffectKey;
}

public sealed record QuestionAsked(ClarifyingTask Question) : IncidentRecord
{
    public override string Kind => LedgerKinds.Question;
}

public sealed record QuestionAnswered(string TaskId, string Question, string Answer) : IncidentRecord
{
    public override string Kind => LedgerKinds.Answer;
}

public sealed record IncidentClosed(TriageOutcome Outcome, string? RootCause, string? RootService, bool Verified, IReadOnlyList<string> Deviations, TriageTimings TimingsMs) : IncidentRecord
{
    public override string Kind => LedgerKinds.IncidentClosed;
}
