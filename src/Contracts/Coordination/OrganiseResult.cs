using System.Text.Json.Serialization;

namespace Quorate.Contracts.Coordination;

/// <summary>A hierarchy of agents for one task: the answer of <c>organise</c>. Times in seconds.</summary>
public sealed record OrganiseResult
{
    public required string Task { get; init; }

    /// <summary>Tiers of roles: 1 has workers only, 2 a root above them, and each further one a tier of coordinators between.</summary>
    public required int Levels { get; init; }

    /// <summary>The root first, then tier by tier.</summary>
    public required IReadOnlyList<RoleResult> Roles { get; init; }

    /// <summary>Share of the roles that have an agent, 0 to 1.</summary>
    public required double AssignmentEfficiency { get; init; }

    public required LoadReport Load { get; init; }

    public required ExpectedPerformance ExpectedPerformance { get; init; }

    public required GraphComplexity Complexity { get; init; }

    public required StructureReport Structure { get; init; }

    public required AssignmentComparison Comparison { get; init; }

    public required CoordinationProtocol Protocol { get; init; }

    /// <summary>Agents without a role.</summary>
    public required IReadOnlyList<string> UnassignedAgents { get; init; }

    /// <summary>What each loss of an agent changed, in their order.</summary>
    public required IReadOnlyList<Restructuring> Restructurings { get; init; }
}

public enum RoleKind
{
    Root,
    Coordinator,
    Worker,
}

/// <summary>What is done about a role that no agent has.</summary>
public enum RoleFallback
{
    /// <summary>The coordinator above looks after its reports as well.</summary>
    MergeIntoParent,

    /// <summary>There is no root: its direct reports agree among themselves.</summary>
    PeersAgree,

    /// <summary>An agent with the skill does it in turn with a role that it has.</summary>
    Queue,

    /// <summary>No agent can do it; it waits for one to join.</summary>
    WaitForAgent,
}

/// <summary>One role and who has it.</summary>
public sealed record RoleResult
{
    public required string Role { get; init; }

    public required RoleKind Kind { get; init; }

    /// <summary>Null: unassigned.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required string? Agent { get; init; }

    /// <summary>How well the agent suits the role, 0 to 1; 0 when unassigned.</summary>
    public required double Confidence { get; init; }

    public RoleFallback? Fallback { get; init; }

    /// <summary>For <see cref="RoleFallback.Queue"/>: the role with which it takes turns. For <see cref="RoleFallback.MergeIntoParent"/>: the parent.</summary>
    public string? FallbackRole { get; init; }

    /// <summary>Why it is unassigned: which skill or capacity is missing, and how much.</summary>
    public string? Reason { get; init; }

    /// <summary>The role that it reports to; null: none.</summary>
    public string? ReportsTo { get; init; }

    public required int Level { get; init; }

    public required string Skill { get; init; }

    /// <summary>1 on the critical path, less the more slack there is; above 0.</summary>
    public required double Criticality { get; init; }

    /// <summary>0 to 1.</summary>
    public required double Complexity { get; init; }

    /// <summary>In full-time roles.</summary>
    public required double Load { get; init; }

    /// <summary>A worker's jobs in the order in which it does them.</summary>
    public IReadOnlyList<string> Jobs { get; init; } = [];
}

/// <summary>How the load lies on the agents.</summary>
/// <param name="Agents">All of them, in the file's order.</param>
/// <param name="Gini">Gini coefficient of the agents' utilisation: 0 all alike, towards 1 one has all.</param>
/// <param name="Variation">Coefficient of variation of the same: standard deviation / mean; 0 when nothing is used.</param>
public sealed record LoadReport(IReadOnlyList<AgentLoad> Agents, double Gini, double Variation);

/// <summary>Used and Capacity in full-time roles; Utilisation is their quotient.</summary>
public sealed record AgentLoad(string Agent, double Used, double Capacity, double Utilisation, bool Lost);

/// <summary>What to expect of the hierarchy.</summary>
public sealed record ExpectedPerformance
{
    /// <summary>Expected seconds to the end of the last job, coordination included; null when a job has nobody who does it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required double? MakespanS { get; init; }

    /// <summary>Part of it that is coordination.</summary>
    public required double CoordinationS { get; init; }

    /// <summary>Probability that every job succeeds at the first attempt; 0 when a job has nobody.</summary>
    public required double SuccessProbability { get; init; }

    public double? DeadlineS { get; init; }

    public bool? DeadlineMet { get; init; }

    /// <summary>Jobs that nobody does.</summary>
    public required IReadOnlyList<string> JobsWithoutAgent { get; init; }
}

/// <summary>How hard a graph of jobs is.</summary>
public sealed record GraphComplexity
{
    /// <summary>Jobs.</summary>
    public required int Size { get; init; }

    /// <summary>Dependencies.</summary>
    public required int Edges { get; init; }

    /// <summary>Jobs on the longest chain, counted.</summary>
    public required int Depth { get; init; }

    /// <summary>Most jobs under way at once when each starts as early as it can.</summary>
    public required int Width { get; init; }

    /// <summary>Seconds of the longest chain.</summary>
    public required double CriticalPathS { get; init; }

    /// <summary>The jobs on it, in order.</summary>
    public required IReadOnlyList<string> CriticalPath { get; init; }

    /// <summary>Seconds of all jobs together.</summary>
    public required double WorkS { get; init; }

    /// <summary>WorkS / CriticalPathS: agents that can be busy on average.</summary>
    public required double Parallelism { get; init; }

    /// <summary>Gigabytes that jobs hand on, once for each job that takes them.</summary>
    public required double DataGb { get; init; }

    /// <summary>Shannon entropy of the jobs' skills over that of equally many of each: 0 one kind of work, 1 all kinds alike.</summary>
    public required double Heterogeneity { get; init; }
}

/// <summary>The structures that were compared, cheapest marked.</summary>
public sealed record StructureReport(int SpanOfControl, IReadOnlyList<StructureCandidate> Candidates);

/// <summary>One structure and its cost in seconds added to the run.</summary>
public sealed record StructureCandidate
{
    public required int Levels { get; init; }

    /// <summary>The root among them.</summary>
    public required int Coordinators { get; init; }

    /// <summary>Most direct reports, or peers, of one role.</summary>
    public required int LargestGroup { get; init; }

    public required double ChannelsS { get; init; }

    public required double HopsS { get; init; }

    public required double OverloadS { get; init; }

    public required double SetupS { get; init; }

    public required double ShortageS { get; init; }

    public double TotalS => ChannelsS + HopsS + OverloadS + SetupS + ShortageS;

    public bool Chosen { get; init; }
}

/// <summary>
/// The assignment before any loss beside the greedy rule's: roles by criticality, then complexity, each to the best-suited place left.
/// </summary>
/// <param name="OptimalValue">Sum of criticality × suitability over the roles with an agent.</param>
/// <param name="OptimalAssigned">Roles with an agent.</param>
/// <param name="GreedyValue">The same of the greedy rule.</param>
/// <param name="GreedyAssigned">The same of the greedy rule.</param>
/// <param name="Gain">OptimalValue / GreedyValue − 1; 0 when both are 0.</param>
public sealed record AssignmentComparison(double OptimalValue, int OptimalAssigned, double GreedyValue, int GreedyAssigned, double Gain);

/// <summary>Who speaks with whom.</summary>
/// <param name="Pattern"><c>peers</c> or <c>tree</c>.</param>
/// <param name="Links">One for each direction.</param>
public sealed record CoordinationProtocol(string Pattern, IReadOnlyList<CoordinationLink> Links);

/// <summary>The messages that one role sends to another.</summary>
public sealed record CoordinationLink(string From, string To, IReadOnlyList<string> Messages);

/// <summary>How far a loss reached.</summary>
public enum RestructuringScope
{
    /// <summary>The lost agent had no role.</summary>
    Nothing,

    /// <summary>Only the lost agent's roles were given anew.</summary>
    Roles,

    /// <summary>The roles under the same parents, too.</summary>
    Group,

    /// <summary>All roles.</summary>
    All,
}

/// <summary>What the loss of an agent changed.</summary>
public sealed record Restructuring(string Lost, RestructuringScope Scope, IReadOnlyList<RoleChange> Changes, int Kept);

/// <summary>A role that went from one agent to another; null: to nobody, or from nobody.</summary>
public sealed record RoleChange(
    string Role,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? From,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? To);
