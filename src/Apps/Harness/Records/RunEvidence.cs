using System.Text.Json;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Triage;
using Quorate.Engine.Triage.Planning;
using Quorate.Faults;
using Quorate.Harness.Scenarios;
using Quorate.Harness.Sites;

namespace Quorate.Harness.Records;

/// <summary>Everything that was seen and done in one run; its result is computed from this and nothing else. Times are milliseconds of the run.</summary>
public sealed record RunEvidence
{
    public required RunHeader Header { get; init; }
    public required Scenario Scenario { get; init; }
    public PlanningTrace Planning { get; init; } = new();

    /// <summary>Calls of models, prompts and answers word for word; as the ledger has them.</summary>
    public IReadOnlyList<LlmRun> Answers { get; init; } = [];
    public IncidentTrace Incident { get; init; } = new();
    public OracleTrace Oracle { get; init; } = new();
}

/// <summary>Which run it is.</summary>
public sealed record RunHeader
{
    public required long Seed { get; init; }
    public required int Repetition { get; init; }
    public required string Arm { get; init; }
    public required double Noise { get; init; }
    public required string Platform { get; init; }
    public required string IncidentText { get; init; }
    public required IReadOnlyList<Disturbance> Disturbances { get; init; }

    /// <summary>Of the program and what it runs on.</summary>
    public required IReadOnlyDictionary<string, string> Versions { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public double DurationMs { get; init; }

    /// <summary>Why the harness could not carry the run out; null when it could.</summary>
    public string? Error { get; init; }
}

/// <summary>What the planner was given and what it answered.</summary>
public sealed record PlanningTrace
{
    /// <summary>The site as declared, with secrets masked.</summary>
    public JsonElement? Site { get; init; }
    public PlannerRecipe? Recipe { get; init; }
    public IReadOnlyList<PlanningStep> Steps { get; init; } = [];
}

/// <summary>What a planner is made from again. Model: name of the model that planned, null when none did. Remedies: of the ceiling arm.</summary>
public sealed record PlannerRecipe(string Arm, string? Model, double Temperature, int MaxTokens, PlanLimits Limits, IReadOnlyList<PlanTask> Remedies);

/// <summary>
/// One proposal. Context: what the planner was given, but for the site. Ids and Times: what it drew from the id source and the
/// clock. Said: what the model said, or how it failed, in order.
/// </summary>
public sealed record PlanningStep(double BeganMs, double EndedMs, JsonElement Context, IReadOnlyList<string> Ids, IReadOnlyList<DateTimeOffset> Times, IReadOnlyList<ModelAnswer> Said, JsonElement Proposal);

/// <summary>Text, or Failure with Message and Raw. PromptHash: SHA-256 of the messages.</summary>
public sealed record ModelAnswer(string PromptHash, string? Text, string? Failure, string? Message, string? Raw);

/// <summary>What became of the triage.</summary>
public sealed record IncidentTrace
{
    public IReadOnlyList<FaultReceipt> Faults { get; init; } = [];

    /// <summary>When the last fault was verified to be in effect; null: none was injected.</summary>
    public double? InjectedMs { get; init; }

    /// <summary>When the harness's own monitor first saw a deviation; null when it saw none before the triage began.</summary>
    public double? TriggerMs { get; init; }
    public double? TriageBeganMs { get; init; }
    public double? TriageEndedMs { get; init; }
    public IReadOnlyList<PlanCommit> Commits { get; init; } = [];

    /// <summary>When the engine's monitor saw what asked for a new plan.</summary>
    public IReadOnlyList<double> DeviationsMs { get; init; } = [];

    /// <summary>When tasks that change the world ended.</summary>
    public IReadOnlyList<double> ActionsEndedMs { get; init; } = [];
    public IReadOnlyList<TaskTrace> Tasks { get; init; } = [];
    public TriageOutcome? Outcome { get; init; }
    public string? RootCause { get; init; }
    public string? RootService { get; init; }
    public bool Verified { get; init; }
    public TriageTimings? TimingsMs { get; init; }

    /// <summary>Plans and actions that the panel, the engine or the validator refused.</summary>
    public int Refusals { get; init; }

    /// <summary>Disturbances that failed.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];
    public LoadCounts? Load { get; init; }
}

/// <summary>Step: which proposal of the trace it was, from 0.</summary>
public sealed record PlanCommit(int Step, int Version, double AtMs);

/// <summary>One task of a committed plan. Dispatched: it was sent to an agent. Status: OK, FAIL or SKIPPED.</summary>
public sealed record TaskTrace(int Version, string TaskId, bool Dispatched, string Status, bool GaveEvidence, string Out, double? BeganMs, double? EndedMs);

/// <summary>What the oracle saw.</summary>
public sealed record OracleTrace
{
    public IReadOnlyList<Reading> Readings { get; init; } = [];

    /// <summary>Invariants of faults that did not hold after the triage, one sentence each.</summary>
    public IReadOnlyList<string> Invariants { get; init; } = [];

    /// <summary>What differed from the healthy site after the triage and before anything was reverted.</summary>
    public IReadOnlyList<string> Differences { get; init; } = [];

    /// <summary>What failed in one full look after the triage and before anything was reverted.</summary>
    public IReadOnlyList<string> FailuresAtEnd { get; init; } = [];

    /// <summary>What still differed after everything was reverted and put back; empty unless something failed.</summary>
    public IReadOnlyList<string> Left { get; init; } = [];

    /// <summary>When the oracle had seen enough to judge, or gave up waiting.</summary>
    public double? WindowEndedMs { get; init; }
}
