using System.Text.Json;

namespace Quorate.Contracts.Plans;

/// <summary>A directed acyclic graph of tasks that a planner proposes and the scheduler carries out.</summary>
public sealed record Plan
{
    public required string PlanId { get; init; }
    public required string RootGoal { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Starts at 1 and grows by one on each commit within an incident.</summary>
    public required int PlanVersion { get; init; }
    public required IReadOnlyList<PlanTask> Tasks { get; init; }

    /// <summary>A question to the person, when the planner cannot go on without an answer.</summary>
    public ClarifyingTask? ClarifyingTask { get; init; }
}

/// <summary>One step: a type of the task catalogue, applied to a service.</summary>
public sealed record PlanTask
{
    public required string TaskId { get; init; }

    /// <summary>A name from <see cref="TaskCatalog"/>.</summary>
    public required string Type { get; init; }

    /// <summary>A service of the site.</summary>
    public required string Target { get; init; }

    /// <summary>Arguments by name, as the task's type declares them.</summary>
    public IReadOnlyDictionary<string, JsonElement> Args { get; init; } = EmptyArgs;

    /// <summary>Task ids that must be done before this one starts.</summary>
    public IReadOnlyList<string> Dependencies { get; init; } = [];

    /// <summary>An agent's name: <c>LogAgent</c>, <c>MetricAgent</c>, <c>ActionAgent</c>, <c>RunbookAgent</c> or <c>MonitorAgent</c>.</summary>
    public required string AssignedTo { get; init; }

    /// <summary>Milliseconds that the planner expects; 0 when it does not say.</summary>
    public int EstimatedCostMs { get; init; }

    private static readonly IReadOnlyDictionary<string, JsonElement> EmptyArgs = new Dictionary<string, JsonElement>();
}

/// <summary>A question that only a person can answer.</summary>
public sealed record ClarifyingTask(string TaskId, string Question);
