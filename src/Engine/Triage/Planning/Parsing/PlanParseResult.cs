using Quorate.Contracts.Plans;

namespace Quorate.Engine.Triage.Planning.Parsing;

/// <summary>What a text said. Plan is null when Reasons is not empty. Repairs and Notes are for people.</summary>
public sealed record PlanParseResult
{
    public Plan? Plan { get; init; }

    /// <summary>Why there is no plan, all of it at once.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>Small mistakes that were put right.</summary>
    public IReadOnlyList<string> Repairs { get; init; } = [];

    /// <summary>What was ignored or filled in.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The author says that nothing is wrong. A claim to be checked, never an outcome.</summary>
    public bool NoFault { get; init; }

    /// <summary>The cause the author names; null when it names none.</summary>
    public RootCauseClaim? RootCause { get; init; }
}

/// <summary>What an author believes the cause is. Confidence 0–1.</summary>
public sealed record RootCauseClaim(string Service, string Cause, double Confidence);

/// <summary>What code fills in. Override: the text's own id, time and version are not believed.</summary>
public sealed record PlanDefaults(string PlanId, DateTimeOffset CreatedAt, int PlanVersion, bool Override = false);
