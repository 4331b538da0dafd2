namespace Quorate.Contracts.Coordination;

/// <summary>Work for a hierarchy of agents: a graph of jobs (docs/schemas/organise-task.json).</summary>
public sealed record OrganiseTask
{
    public const int MaxJobs = 1_000;
    public const int MaxDependencies = 256;

    public required string Name { get; init; }

    /// <summary>1 to <see cref="MaxJobs"/>.</summary>
    public required IReadOnlyList<OrganiseJob> Jobs { get; init; }

    public OrganiseRequirements Requirements { get; init; } = new();
}

/// <summary>One job of the graph.</summary>
public sealed record OrganiseJob
{
    /// <summary>Unique in the task.</summary>
    public required string Name { get; init; }

    /// <summary>The kind of work; an agent needs a skill of this name.</summary>
    public required string Skill { get; init; }

    /// <summary>Seconds it takes when it succeeds at once; above 0.</summary>
    public required double DurationS { get; init; }

    /// <summary>Gigabytes that it hands on; 0 or more.</summary>
    public double DataGb { get; init; }

    /// <summary>Jobs that must have finished before it starts.</summary>
    public IReadOnlyList<string> DependsOn { get; init; } = [];

    /// <summary>What it takes of an agent while it runs, in full-time roles; above 0.</summary>
    public double Load { get; init; } = 1;
}

/// <summary>What is asked of the hierarchy.</summary>
public sealed record OrganiseRequirements
{
    public const int LeastSpan = 2;
    public const int MostSpan = 50;

    /// <summary>Direct reports that one coordinator can look after, 2 to 50. The usual five or six are Urwick's, "The Manager's Span of Control", 1956.</summary>
    public int SpanOfControl { get; init; } = 5;

    /// <summary>Seconds that the whole may take; null: any.</summary>
    public double? DeadlineS { get; init; }
}
