using System.Text.Json.Serialization;
using Quorate.Contracts.Provenance;

namespace Quorate.Contracts.Placing;

/// <summary>What became of all jobs of a run.</summary>
public sealed record PlacementResult
{
    public required string RunId { get; init; }

    /// <summary>In the order of the job files.</summary>
    public required IReadOnlyList<PlacedJob> Jobs { get; init; }

    public required PlacementReport Report { get; init; }

    /// <summary>The public side of the agents that signed; checks every certificate.</summary>
    public required OutcomeGroup Group { get; init; }

    /// <summary>Lies and failures that were found, with what proves them.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>Faults that were injected, in their order; empty when none were asked for.</summary>
    public IReadOnlyList<InjectedFault> Faults { get; init; } = [];

    /// <summary>Keys of starts that were given up and that the backend may still run, as it could not be asked to cancel them.</summary>
    public IReadOnlyList<string> LeftOpen { get; init; } = [];

    /// <summary>Why the run ended before its jobs did, though it can be resumed; null: it is over.</summary>
    public string? Interrupted { get; init; }
}

/// <summary>What became of one job.</summary>
public sealed record PlacedJob
{
    public required string Name { get; init; }

    /// <summary>placed, rejected or failed.</summary>
    public required string Outcome { get; init; }

    /// <summary>Whose pool it runs on; null when it was not placed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Agent { get; init; }

    /// <summary>Nodes of the pool.</summary>
    public IReadOnlyList<string> Nodes { get; init; } = [];

    /// <summary>Of the last round that decided about it.</summary>
    public IReadOnlyList<AgentVote> Votes { get; init; } = [];

    /// <summary>Null when nothing was decided about it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public PlacementCertificate? Certificate { get; init; }

    /// <summary>From the proposal to the certificate, in milliseconds; of the last round.</summary>
    public double LatencyMs { get; init; }

    /// <summary>Why it was not placed, or waited; null when there is nothing to say.</summary>
    public string? Reason { get; init; }

    /// <summary>How often it was placed again after its pool or node was lost.</summary>
    public int Replaced { get; init; }

    /// <summary>Seconds of the cluster's time between its submission and its first start.</summary>
    public double WaitS { get; init; }

    /// <summary>How its execution ended: completed, failed, cancelled, timed_out, node_failed, running, or lost when the backend forgot it; null when it never ran.</summary>
    public string? Execution { get; init; }

    /// <summary>The backend's name for it.</summary>
    public string? BackendId { get; init; }
}

public static class PlacementOutcome
{
    public const string Placed = "placed";
    public const string Rejected = "rejected";
    public const string Failed = "failed";
}

/// <summary>Proof that the agents agreed. Text: as <c>quorate certificate verify</c> reads it.</summary>
public sealed record PlacementCertificate(long Round, string OutcomeHash, IReadOnlyList<string> Signers, string Text);

/// <summary>The run in numbers.</summary>
public sealed record PlacementReport
{
    /// <summary>Jobs placed of all jobs, 0 to 1.</summary>
    public required double SuccessRate { get; init; }

    /// <summary>Proposals decided as the rules have it, of those decided while an injected fault was in force, 0 to 1; null when none was.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public double? CorrectnessUnderAttack { get; init; }

    /// <summary>Agents proven to have lied.</summary>
    public required IReadOnlyList<string> ByzantineDetected { get; init; }

    /// <summary>Mean of the times from a fault to the work being whole again; null when nothing had to recover.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public double? RecoveryMs { get; init; }

    public double? RecoveryP95Ms { get; init; }

    public required int LlmCalls { get; init; }

    /// <summary>Calls whose answer held a vote.</summary>
    public required int LlmOk { get; init; }

    /// <summary>Rounds in which a quorum decided.</summary>
    public required int Rounds { get; init; }

    /// <summary>Jobs placed again after they were lost.</summary>
    public required int Replaced { get; init; }

    /// <summary>Most that was ever in use at once, as a share of the cluster, by resource.</summary>
    public required IReadOnlyDictionary<string, double> PeakUtilisation { get; init; }

    public required string Protocol { get; init; }

    public required string Backend { get; init; }
}

/// <summary>Something found out about an agent.</summary>
/// <param name="Agent">Whom it is about.</param>
/// <param name="Kind">wrong_vote, capacity_lie, equivocation, invalid_proposal, forged_signature, corrupted, silent …</param>
/// <param name="Proven">The agent's own signatures convict it; otherwise only its link or its silence speaks.</param>
/// <param name="Round">When.</param>
/// <param name="Detail">For people.</param>
/// <param name="Evidence">Base64 of what convicts it, for anyone with the keys; null when nothing signed does.</param>
/// <param name="Witnesses">Agents whose links to it brought what speaks against it; null for what is proven.</param>
public sealed record Finding(string Agent, string Kind, bool Proven, long Round, string Detail, string? Evidence = null, IReadOnlyList<string>? Witnesses = null);

/// <summary>A fault that was injected on purpose.</summary>
/// <param name="Agent">Whom it befell.</param>
/// <param name="Kind">byzantine_wrong_vote, crash, partition, slow, corruption …</param>
/// <param name="Round">First round under the fault.</param>
/// <param name="Until">First round without it.</param>
/// <param name="RecoveryMs">From its beginning until a round was decided and what it took was placed again; null while neither is so.</param>
public sealed record InjectedFault(string Agent, string Kind, long Round, long Until, double? RecoveryMs);
