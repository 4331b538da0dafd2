namespace Quorate.Contracts.Placing;

/// <summary>
/// Faults to inject into the agents of a run (docs/schemas/agent-faults.json): drawn by chance under the names that the
/// multi-agent demonstration of fault tolerance gave them, scheduled, or both. Rounds count from 1.
/// </summary>
public sealed record AgentFaultPlan
{
    public const int MaxScheduled = 1000;
    public const int MostRounds = 1000;

    /// <summary>Rounds of a scheduled fault: more than any run has.</summary>
    public const int MostScheduledRounds = 1_000_000;
    public const double MaxSlowness = 1000;

    /// <summary>Chance, in each round that proposes jobs and in which fewer than <see cref="MaxFaulty"/> agents are faulty, that one becomes so. 0 to 1.</summary>
    public double FaultInjectionRate { get; init; }

    /// <summary>Weight of lies among the faults that are drawn: 0 to 1. What the three weights leave of 1 is for slowness and corruption.</summary>
    public double ByzantineProbability { get; init; } = 0.4;

    /// <summary>Weight of crashes. 0 to 1.</summary>
    public double CrashProbability { get; init; } = 0.3;

    /// <summary>Weight of agents cut off from all others. 0 to 1.</summary>
    public double NetworkPartitionRate { get; init; } = 0.2;

    /// <summary>How many times as long a slow agent takes. 1 to 1,000.</summary>
    public double SlowResponseFactor { get; init; } = 3;

    /// <summary>Seconds a round may take; null: as the run says. Above 0, at most 600.</summary>
    public double? ConsensusTimeout { get; init; }

    /// <summary>Agents faulty at once by chance; null: as many as the group tolerates.</summary>
    public int? MaxFaulty { get; init; }

    /// <summary>Rounds that a drawn fault lasts, at least and at most.</summary>
    public int MinRounds { get; init; } = 2;

    public int MaxRounds { get; init; } = 4;

    public IReadOnlyList<ScheduledFault> Schedule { get; init; } = [];
}

/// <summary>A fault at a known time.</summary>
/// <param name="Agent">Name of the agent.</param>
/// <param name="Kind">One of <see cref="AgentFaultKinds.All"/>.</param>
/// <param name="Round">First round under it, from 1.</param>
/// <param name="Rounds">How many.</param>
public sealed record ScheduledFault(string Agent, string Kind, long Round, int Rounds);

/// <summary>What can befall an agent.</summary>
public static class AgentFaultKinds
{
    /// <summary>Votes the opposite of what the rules give, in their name.</summary>
    public const string WrongVote = "wrong_vote";

    /// <summary>Tells some agents one thing and others another, both signed.</summary>
    public const string Equivocation = "equivocation";

    /// <summary>Sends votes in another's name.</summary>
    public const string ForgedSignature = "forged_signature";

    /// <summary>Says that more, or less, is free in its pool than is.</summary>
    public const string CapacityLie = "capacity_lie";

    /// <summary>Hears all and keeps its votes to itself.</summary>
    public const string Withholding = "withholding";

    /// <summary>All agents under this fault vote wrong on the same proposals.</summary>
    public const string Collusion = "collusion";
    public const string Crash = "crash";
    public const string Partition = "partition";
    public const string Slow = "slow";
    public const string Corruption = "corruption";

    public static readonly IReadOnlyList<string> Byzantine = [WrongVote, Equivocation, ForgedSignature, CapacityLie, Withholding];

    public static readonly IReadOnlyList<string> All = [.. Byzantine, Collusion, Crash, Partition, Slow, Corruption];
}
