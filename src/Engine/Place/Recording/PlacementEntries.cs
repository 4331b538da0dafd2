using Quorate.Contracts.Placing;
using Quorate.Contracts.Provenance;

namespace Quorate.Engine.Place.Recording;

/// <summary>A run that has begun, as the ledger keeps it; its jobs stand in the entries before. All that goes on with it needs.</summary>
public sealed record PlaceStarted
{
    public required DateTimeOffset At { get; init; }

    /// <summary>The cluster as JSON text: the state's chain begins with its very characters, which canonical JSON would change.</summary>
    public required string Cluster { get; init; }

    public required int Jobs { get; init; }

    public required PlacementOptions Options { get; init; }

    /// <summary>Milliseconds that a round may take.</summary>
    public required double TimeoutMs { get; init; }

    /// <summary>Member of the panel for agents without a model of their own.</summary>
    public string? Model { get; init; }

    public AgentFaultPlan? Faults { get; init; }

    public int Seed { get; init; }

    /// <summary>Whose signatures the certificates hold, until the run is resumed.</summary>
    public required OutcomeGroup Group { get; init; }
}

/// <summary>Some of a run's jobs, in their order.</summary>
public sealed record PlaceJobs(IReadOnlyList<JobSpec> Jobs);

/// <summary>Another process goes on with a run.</summary>
/// <param name="Group">Whose signatures the certificates hold from here on.</param>
public sealed record PlaceResumed(OutcomeGroup Group);

/// <summary>The backend has taken a start.</summary>
/// <param name="Job">Name of the job.</param>
/// <param name="Key">Of the start.</param>
/// <param name="Id">The backend's name for it.</param>
public sealed record StartTaken(string Job, string Key, string Id);

/// <summary>A start has ended, was lost, or was given up.</summary>
public sealed record StartEnded
{
    public required string Key { get; init; }

    /// <summary>Without votes and certificate, which the decided rounds hold.</summary>
    public required PlacedJob Result { get; init; }

    /// <summary>Its node was lost: it is placed again.</summary>
    public bool Lost { get; init; }

    /// <summary>The backend did not take it.</summary>
    public bool GivenUp { get; init; }

    /// <summary>The backend may have taken it all the same, and is to cancel it.</summary>
    public bool IsOpen { get; init; }
}
