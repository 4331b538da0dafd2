namespace Quorate.Contracts.Coordination;

/// <summary>The agents that may take part in an auction or be given roles (docs/schemas/agents.json).</summary>
public sealed record AgentsFile
{
    public const int MaxAgents = 1000;

    public required IReadOnlyList<AgentProfile> Agents { get; init; }
}

/// <summary>What is known of one agent.</summary>
public sealed record AgentProfile
{
    /// <summary>Letters, digits, dot, underscore and hyphen; unique in the file.</summary>
    public required string Name { get; init; }

    /// <summary>How well it does each kind of work, 0 to 1, by the name of the skill.</summary>
    public IReadOnlyDictionary<string, double> Skills { get; init; } = new Dictionary<string, double>();

    /// <summary>Load it can carry, in full-time roles; above 0.</summary>
    public double Capacity { get; init; } = 1;

    /// <summary>What it did before, oldest first.</summary>
    public IReadOnlyList<PastTask> History { get; init; } = [];

    /// <summary>What it bids in an auction; null: it takes part in none.</summary>
    public AgentBid? Bid { get; init; }
}

/// <summary>One finished piece of work.</summary>
public sealed record PastTask
{
    public required bool Succeeded { get; init; }

    /// <summary>0 to 1.</summary>
    public double? Quality { get; init; }

    /// <summary>Work done in a second, in the task's own unit.</summary>
    public double? Throughput { get; init; }
}

/// <summary>An agent's offer for one task.</summary>
public sealed record AgentBid
{
    /// <summary>What it asks, in the unit of the reserve; 0 or more.</summary>
    public required double Cost { get; init; }

    /// <summary>Seconds it says it needs; above 0.</summary>
    public double DurationS { get; init; } = 1;

    /// <summary>Words for how it would do the work; compared with past winning bids.</summary>
    public IReadOnlyList<string> Approach { get; init; } = [];

    /// <summary>Share of its capacity that the task would take; 0 to 1 and beyond when overcommitted.</summary>
    public double Load { get; init; }
}
