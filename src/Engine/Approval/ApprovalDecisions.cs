using Quorate.Contracts;
using Quorate.Engine.Approval.Reviewers;
using Quorate.Protocol.Consensus;

namespace Quorate.Engine.Approval;

/// <summary>Turns what a panel's group decided, or failed to, into decisions for people and the ledger.</summary>
public static class ApprovalDecisions
{
    private const int MaxReasons = 3;

    /// <param name="item">The decided question with its opinions.</param>
    /// <param name="certificate">Of the item.</param>
    /// <param name="reviewers">Names by replica number.</param>
    /// <param name="late">Opinions that are not part of the decision, by replica number.</param>
    /// <param name="faults">Lies proven meanwhile.</param>
    public static ApprovalDecision Of(Item item, QuorumCertificate certificate, IReadOnlyList<string> reviewers, IReadOnlyDictionary<int, byte[]> late, IReadOnlyList<ApprovalFault> faults)
    {
        var approved = item.Outcome.AsSpan().SequenceEqual(ApprovalRules.Approved);
        var votes = reviewers.Select((name, i) => item.Opinions.FirstOrDefault(o => o.Author == i) is { } opinion ? VoteOf(name, opinion.Value, true) : VoteOf(name, late.GetValueOrDefault(i), false)).ToList();
        return new ApprovalDecision
        {
            Approved = approved,
            Reason = approved ? "" : string.Join("; ", votes.Where(v => v.Vote == ApprovalVote.Refuse).Take(MaxReasons).Select(v => $"{v.Reviewer}: {v.Reason}")),
            Votes = votes,
            Certificate = Convert.ToBase64String(certificate.Encode()),
            Faults = faults,
            Confidence = (double)votes.Count(v => v.Vote == (approved ? ApprovalVote.Approve : ApprovalVote.Refuse) && faults.All(f => f.Reviewer != v.Reviewer)) / reviewers.Count,
        };
    }

    /// <summary>The panel decided nothing, which approves nothing. What members said all the same is kept.</summary>
    public static ApprovalDecision None(string reason, IReadOnlyList<string> reviewers, IReadOnlyDictionary<int, byte[]>? said = null, IReadOnlyList<ApprovalFault>? faults = null) => new()
    {
        Approved = false,
        Reason = reason,
        Votes = [.. reviewers.Select((name, i) => VoteOf(name, said?.GetValueOrDefault(i), false))],
        Faults = faults ?? [],
    };

    public static ApprovalFault FaultOf(Evidence evidence, IReadOnlyList<string> reviewers) =>
        new(reviewers[evidence.Accused], QuorateJson.NameOf(evidence.Kind), Convert.ToBase64String(evidence.Encode()));

    private static ApprovalVote VoteOf(string reviewer, byte[]? opinion, bool counted) =>
        opinion is null ? new ApprovalVote(reviewer, ApprovalVote.None, "", false)
        : ReviewOpinion.TryParse(opinion) is { } given ? new ApprovalVote(reviewer, given.Approves ? ApprovalVote.Approve : ApprovalVote.Refuse, given.Reason, counted)
        : new ApprovalVote(reviewer, ApprovalVote.Refuse, "what it sent is no opinion", counted);
}
