using Quorate.Contracts.Placing;
using Quorate.Engine.Place;
using Quorate.Engine.Place.Recording;

namespace Quorate.Cli.Placing;

/// <summary>A run of placements, as asked for.</summary>
internal sealed record PlacementRequest
{
    public required string RunId { get; init; }

    public required ClusterSpec Cluster { get; init; }

    public required IReadOnlyList<JobSpec> Jobs { get; init; }

    public AgentFaultPlan? Faults { get; init; }

    public int Seed { get; init; }

    /// <summary>Member of the panel for agents without a model of their own.</summary>
    public string? Model { get; init; }

    /// <summary>With each agent's model: who audits ballots must know who has one.</summary>
    public ClusterSpec ClusterWithModels() => Model is null ? Cluster : Cluster with { Agents = [.. Cluster.Agents.Select(a => a with { Model = a.Model ?? Model })] };

    public required IPlacementObserver Observer { get; init; }

    /// <summary>Carries what agents say; null: this process.</summary>
    public Uri? Broker { get; init; }

    /// <summary>Milliseconds that a round may take.</summary>
    public double TimeoutMs { get; init; } = 30_000;

    public PlacementOptions Options { get; init; } = new();

    /// <summary>Of a run that goes on; null: it begins.</summary>
    public RecordedRun? Recorded { get; init; }

    public bool IsReal => Options.BackendName != PlacementOptions.Simulated;
}

/// <summary>Where jobs can run.</summary>
internal static class PlacementBackends
{
    public const string Simulated = PlacementOptions.Simulated;
    public const string Slurm = "slurm";
}
