using System.Text.Json;

namespace Quorate.Contracts.Provenance;

/// <summary>What is to be appended. Subject is the incident (or key, fault, site) that the entry is about.</summary>
public sealed record LedgerDraft(string Kind, string Subject, JsonElement Payload, DecisionTag? DecisionTag = null);

/// <summary>One link of the chain: Hash = SHA-256 over the canonical form of all other fields, PrevHash among them.</summary>
public sealed record LedgerEntry
{
    /// <summary>1, 2, 3 … without gaps.</summary>
    public required long Seq { get; init; }
    public required DateTimeOffset At { get; init; }
    public required string Kind { get; init; }
    public required string Subject { get; init; }
    public DecisionTag? DecisionTag { get; init; }

    /// <summary>Canonical JSON text of the payload, kept as written so that its bytes can be hashed again.</summary>
    public required string Payload { get; init; }
    public required string PrevHash { get; init; }
    public required string Hash { get; init; }

    public T Read<T>() => JsonSerializer.Deserialize<T>(Payload, QuorateJson.Options)
        ?? throw new JsonException($"ledger entry {Seq} has an empty payload");
}

/// <summary>A signature over the chain's head, so that truncation and forks show. Signature: ECDSA P-256, base64.</summary>
public sealed record LedgerCheckpoint(long Seq, string Hash, DateTimeOffset At, string KeyId, string Signature);

/// <summary>The names of the entries, in the order a repair writes them.</summary>
public static class LedgerKinds
{
    public const string IncidentOpened = "incident_opened";
    public const string Trigger = "trigger";
    public const string LlmRun = "llm_run";
    public const string PlanRejected = "plan_rejected";
    public const string PlanCommitted = "plan_committed";
    public const string Approval = "approval";
    public const string PlanConfirmed = "plan_confirmed";
    public const string TaskIntent = "task_intent";
    public const string EnvelopeRefused = "envelope_refused";
    public const string TaskOutcome = "task_outcome";
    public const string Verification = "verification";
    public const string Undo = "undo";
    public const string Question = "question";
    public const string Answer = "answer";
    public const string IncidentClosed = "incident_closed";
    public const string Outcome = "outcome";
    public const string Auction = "auction";
    public const string Placement = "placement";
    public const string PlacementReport = "placement_report";
    public const string PlaceJobs = "place_jobs";
    public const string PlaceStarted = "place_started";
    public const string PlaceResumed = "place_resumed";
    public const string PlaceJobTaken = "place_job_taken";
    public const string PlaceJobEnded = "place_job_ended";
    public const string PlaceEnded = "place_ended";
    public const string FaultInjected = "fault_injected";
    public const string FaultReverted = "fault_reverted";
    public const string KeyRotated = "key_rotated";

    /// <summary>What a run of placements resumes from.</summary>
    public static readonly IReadOnlyList<string> OfPlacement = [PlaceJobs, PlaceStarted, PlaceResumed, Placement, PlaceJobTaken, PlaceJobEnded, PlaceEnded];
}
