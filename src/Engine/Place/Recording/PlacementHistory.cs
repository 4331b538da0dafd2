using Quorate.Protocol.Consensus;

namespace Quorate.Engine.Place.Recording;

/// <summary>What the ledger holds of a run that goes on: it is done again without effects, and then the backend is looked at.</summary>
public sealed record PlacementHistory
{
    public static readonly PlacementHistory None = new();

    /// <summary>How often the run was resumed before, and is now; 0: it begins.</summary>
    public int Resumed { get; init; }

    /// <summary>In their order.</summary>
    public IReadOnlyList<RecordedEvent> Events { get; init; } = [];

    /// <summary>Decided rounds, in their order.</summary>
    internal IEnumerable<Item> Decided => Events.Select(e => e.Decided?.Decided()).OfType<Item>();

    /// <summary>What this part of a run is called. Replicas remember nothing of the part before, so each has a group and messages of its own: nobody signs twice in one.</summary>
    public string NameOf(string run) => Resumed == 0 ? run : $"{run}-{Resumed + 1}";
}

/// <summary>One of them is not null.</summary>
/// <param name="Decided">A round.</param>
/// <param name="Taken">The backend took a start.</param>
/// <param name="Ended">A start ended.</param>
public sealed record RecordedEvent(QuorumCertificate? Decided = null, StartTaken? Taken = null, StartEnded? Ended = null);
