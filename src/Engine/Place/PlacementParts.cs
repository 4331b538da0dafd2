using Quorate.Contracts.Placing;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Choosers;
using Quorate.Engine.Place.Recording;

namespace Quorate.Engine.Place;

/// <summary>What a run of placements works with.</summary>
public sealed record PlacementParts
{
    public required string RunId { get; init; }

    public required ClusterSpec Cluster { get; init; }

    public required AgentGroup Group { get; init; }

    /// <summary>The agents' public keys.</summary>
    public required OutcomeGroup Keys { get; init; }

    public required IAgentFaults Faults { get; init; }

    /// <summary>Of agreement; the cluster's own time is <see cref="Time"/>.</summary>
    public required IGroupClock Clock { get; init; }

    public required IJobBackend Backend { get; init; }

    public required IJobTime Time { get; init; }

    public required IPoolChooser Chooser { get; init; }

    public static IPlacementObserver Nobody { get; } = new NobodyWatches();

    public IPlacementObserver Observer { get; init; } = Nobody;

    /// <summary>What must not be forgotten goes there; null: nothing is kept. Needs <see cref="PlacementOptions.KeepProofs"/>.</summary>
    public PlacementJournal? Journal { get; init; }

    /// <summary>What happened before this process.</summary>
    public PlacementHistory History { get; init; } = PlacementHistory.None;

    public PlacementOptions Options { get; init; } = new();

    private sealed class NobodyWatches : IPlacementObserver
    {
        public void On(PlacementProgress progress)
        {
        }
    }
}

/// <summary>How a run goes about it.</summary>
public sealed record PlacementOptions
{
    public const string Simulated = "simulated";
    public const string Consensus = "consensus";
    public const string Auction = "auction";
    public const string Hierarchy = "hierarchy";

    public static readonly IReadOnlyList<string> Protocols = [Consensus, Auction, Hierarchy];

    /// <summary>Jobs decided together, 1 to <see cref="PlacementRecord.MaxProposals"/>; those that were lost together may be more.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Ends when all jobs have ended, not when all are placed.</summary>
    public bool UntilEnd { get; init; } = true;

    /// <summary>Each job's votes and certificate are kept for the report; a run of very many jobs has no room for them.</summary>
    public bool KeepProofs { get; init; } = true;

    /// <summary>Jobs run on exactly the nodes that were decided; otherwise the backend chooses among the pool's.</summary>
    public bool BindNodes { get; init; } = true;

    /// <summary>How often a job is started again after it was lost, at most.</summary>
    public int MaxReplacements { get; init; } = 10;

    /// <summary>Rounds without a quorum in a row after which the run gives up.</summary>
    public int MaxUndecided { get; init; } = 2;

    /// <summary>How long a bus that carries nothing is waited for, in seconds of the group's clock; its rounds do not count as <see cref="MaxUndecided"/>.</summary>
    public double BusPatienceS { get; init; } = 60;

    /// <summary>How often an agent that lied is taken back.</summary>
    public int MaxReadmissions { get; init; } = 3;

    /// <summary>How long a backend that cannot be reached is waited for, in seconds of the cluster's time.</summary>
    public double BackendPatienceS { get; init; } = 60;

    /// <summary>How long jobs wait for nodes that are out while nothing runs, in seconds of the cluster's time.</summary>
    public double NodePatienceS { get; init; } = 3600;

    /// <summary>For the report.</summary>
    public string Protocol { get; init; } = Consensus;

    /// <summary>For the report.</summary>
    public string BackendName { get; init; } = Simulated;
}

/// <summary>The cluster's time, since the start of the run.</summary>
public interface IJobTime
{
    TimeSpan Now { get; }

    /// <summary>Until something may have changed: a job has ended, or the moment has come. False: nothing ever will.</summary>
    Task<bool> WaitAsync(TimeSpan? moment, CancellationToken cancellationToken);
}

/// <summary>Told as it happens; what is not meant is null.</summary>
public sealed record PlacementProgress
{
    public RoundResult? Round { get; init; }

    /// <summary>What the round came to; with <see cref="Round"/>, null when it was not decided.</summary>
    public AppliedRound? Applied { get; init; }

    public PlacedJob? Job { get; init; }

    public Finding? Finding { get; init; }

    public InjectedFault? Fault { get; init; }

    /// <summary>Why the backend does not answer; empty: it does again.</summary>
    public string? Outage { get; init; }
}

/// <summary>Watches a run. Called by one thread, and must not take long.</summary>
public interface IPlacementObserver
{
    void On(PlacementProgress progress);
}

/// <summary>Two observers as one.</summary>
internal sealed class Observers(IPlacementObserver first, IPlacementObserver second) : IPlacementObserver
{
    public void On(PlacementProgress progress)
    {
        first.On(progress);
        second.On(progress);
    }
}
