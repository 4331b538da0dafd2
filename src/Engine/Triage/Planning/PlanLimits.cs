namespace Quorate.Engine.Triage.Planning;

/// <summary>How large plans may be and how often one incident may be planned anew.</summary>
public sealed record PlanLimits
{
    public static PlanLimits Default { get; } = new();

    /// <summary>Tasks in version 1.</summary>
    public int MaxFirstTasks { get; init; } = 8;

    /// <summary>Tasks in later versions.</summary>
    public int MaxTasks { get; init; } = 16;

    /// <summary>Versions that an incident may have.</summary>
    public int MaxVersions { get; init; } = 6;

    /// <summary>Characters in an id.</summary>
    public int MaxIdLength { get; init; } = 64;

    /// <summary>Characters in a goal or a question.</summary>
    public int MaxTextLength { get; init; } = 1000;

    /// <summary>Milliseconds that a task may be expected to take.</summary>
    public int MaxCostMs { get; init; } = 3_600_000;

    public int TasksFor(int version) => version <= 1 ? MaxFirstTasks : MaxTasks;
}
