namespace Quorate.Protocol.Consensus;

/// <summary>Mistakes that the simulator must find. Only the simulation can set one.</summary>
[Flags]
public enum PlantedBug
{
    None = 0,

    /// <summary>Prepared and committed with one vote too few.</summary>
    QuorumOneTooSmall = 1 << 0,

    /// <summary>Proposals are prepared unchecked.</summary>
    NoExternalValidity = 1 << 1,

    /// <summary>The proofs in a view change are believed unread.</summary>
    ViewChangeWithoutProofs = 1 << 2,

    /// <summary>A restarted replica does not remember what it prepared.</summary>
    ForgottenVote = 1 << 3,

    /// <summary>A request is applied as often as it is ordered.</summary>
    NoDeduplication = 1 << 4,

    /// <summary>Sequence numbers beyond the window are taken.</summary>
    NoWatermarkCheck = 1 << 5,

    /// <summary>Votes of another view count.</summary>
    VotesOfAnotherView = 1 << 6,

    /// <summary>A second pre-prepare for the same slot replaces the first.</summary>
    TwoPrePrepares = 1 << 7,

    /// <summary>The replica's own checkpoint is stable at once.</summary>
    CheckpointWithoutQuorum = 1 << 8,

    /// <summary>Transferred state is believed without a proof.</summary>
    StateWithoutProof = 1 << 9,

    /// <summary>Batches are applied as they are decided, whatever is missing before them.</summary>
    OutOfOrder = 1 << 10,

    /// <summary>Batches are applied when prepared.</summary>
    ExecutePrepared = 1 << 11,

    /// <summary>Signatures of votes are not checked.</summary>
    UnverifiedVotes = 1 << 12,

    /// <summary>The new primary's choice of what to propose again is not recomputed.</summary>
    UncheckedNewView = 1 << 13,

    /// <summary>Votes are counted without looking who cast them.</summary>
    DuplicateVotesCount = 1 << 14,

    /// <summary>The outcome of a question is believed without a tally.</summary>
    UncheckedTally = 1 << 15,

    /// <summary>A replica that left a view goes on voting in it.</summary>
    VotesAfterLeaving = 1 << 16,

    /// <summary>What prepared is not remembered in a view change.</summary>
    ForgottenPrepared = 1 << 17,
}
