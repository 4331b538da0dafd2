using Quorate.Contracts.Coordination;

namespace Quorate.Protocol.Hierarchy;

/// <summary>Something that an agent is to be: a worker with jobs, or a coordinator with reports.</summary>
public sealed record Role
{
    public required string Name { get; init; }

    public required RoleKind Kind { get; init; }

    /// <summary>From 1, the topmost.</summary>
    public required int Level { get; init; }

    /// <summary>Place of the role above in the list of roles; <see cref="LinearAssignment.None"/>: none.</summary>
    public required int Parent { get; init; }

    public required string Skill { get; init; }

    /// <summary>Above 0, up to 1.</summary>
    public required double Criticality { get; init; }

    /// <summary>0 to 1.</summary>
    public required double Complexity { get; init; }

    /// <summary>In full-time roles, above 0.</summary>
    public required double Load { get; init; }

    /// <summary>Numbers of a worker's jobs, by start.</summary>
    public IReadOnlyList<int> Jobs { get; init; } = [];
}
