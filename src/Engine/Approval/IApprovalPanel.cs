namespace Quorate.Engine.Approval;

/// <summary>A panel of independent reviewers that decides by consensus. Thread-safe.</summary>
public interface IApprovalPanel
{
    /// <summary>Checks what this panel has certified.</summary>
    ApprovalVerifier Verifier { get; }

    /// <summary>
    /// One decision for each record, in their order. A panel that cannot decide in time, or cannot be reached, has not
    /// approved: that is a decision with the reason, not an exception.
    /// </summary>
    Task<IReadOnlyList<ApprovalDecision>> DecideAsync(IReadOnlyList<ReviewRecord> records, CancellationToken cancellationToken);
}

/// <summary>What the panel decided about one action.</summary>
public sealed record ApprovalDecision
{
    public required bool Approved { get; init; }

    /// <summary>Why not, one sentence; empty when approved.</summary>
    public required string Reason { get; init; }
    public required IReadOnlyList<ApprovalVote> Votes { get; init; }

    /// <summary>Base64 of the quorum certificate's canonical bytes; null when nothing was decided.</summary>
    public string? Certificate { get; init; }

    /// <summary>Members that were proven to have lied while this was decided.</summary>
    public IReadOnlyList<ApprovalFault> Faults { get; init; } = [];

    /// <summary>Share of all members whose vote is the decision and who are not proven to have lied, 0…1; 0 when nothing was decided.</summary>
    public double Confidence { get; init; }
}

/// <summary>Vote: approve, refuse, or none when the reviewer gave none. Counted: it is among the signed opinions of the decision, which does not wait for all.</summary>
public sealed record ApprovalVote(string Reviewer, string Vote, string Reason, bool Counted)
{
    public const string Approve = "approve";
    public const string Refuse = "refuse";
    public const string None = "none";
}

/// <summary>A proven lie. Evidence: base64 of the self-verifying evidence.</summary>
public sealed record ApprovalFault(string Reviewer, string Kind, string Evidence);
