using Quorate.Contracts.Coordination;

namespace Quorate.Protocol.Auction;

/// <summary>
/// The second phase's end: which sealed bids were opened as they should be. A broken promise that its agent signed is evidence and counts
/// against its reliability; what carries no good signature may be anybody's and counts for nothing.
/// </summary>
internal sealed record Admission(IReadOnlyList<OpenBid> Bids, IReadOnlyList<ExcludedBid> Excluded, IReadOnlyList<AuctionEvidence> Evidence)
{
    public static Admission Of(AuctionNotice notice, IReadOnlyList<AuctionParticipant> participants, AuctionKeys keys)
    {
        var (bids, excluded, evidence) = (new List<OpenBid>(), new List<ExcludedBid>(), new List<AuctionEvidence>());
        foreach (var agent in participants)
        {
            var (exclusion, found) = Check(notice, agent, keys);
            if (exclusion is null)
            {
                bids.Add(new OpenBid(agent.Name, agent.Reveal!.Bid, agent.Track));
                continue;
            }

            excluded.Add(exclusion);
            if (found is not null)
            {
                evidence.Add(found);
            }
        }

        return new Admission(bids, excluded, evidence);
    }

    private static (ExcludedBid? Exclusion, AuctionEvidence? Evidence) Check(AuctionNotice notice, AuctionParticipant agent, AuctionKeys keys)
    {
        var signed = agent.Commitments
            .Where(c => keys.Verify(notice, AuctionStatement.Commitment, agent.Name, c.Hash, c.Signature))
            .DistinctBy(c => c.Hash).ToList();
        if (signed.Count == 0)
        {
            return (new ExcludedBid(agent.Name, ExclusionReason.NoBid, agent.Commitments.Count == 0 ? "it made no bid" : "its bid carries no signature of its own"), null);
        }

        if (signed.Count > 1)
        {
            return Broken(agent, ExclusionReason.DoubleBid, "it signed two different bids", signed[0], Commitment(signed[1]));
        }

        var sealedBid = signed[0];
        var hash = agent.Reveal is { } reveal ? notice.HashOf(agent.Name, reveal) : null;
        if (hash is null || !keys.Verify(notice, AuctionStatement.Reveal, agent.Name, hash, agent.Reveal!.Signature))
        {
            return Broken(agent, ExclusionReason.NotRevealed, "it did not open its sealed bid in time", sealedBid, null);
        }

        var opened = new SignedHash("reveal", hash, agent.Reveal.Signature);
        return hash != sealedBid.Hash ? Broken(agent, ExclusionReason.RevealMismatch, "it opened another bid than it had sealed", sealedBid, opened)
            : AuctionRules.FindProblem(agent.Reveal.Bid) is { } problem ? Broken(agent, ExclusionReason.InvalidBid, problem, sealedBid, opened)
            : (null, null);
    }

    private static (ExcludedBid, AuctionEvidence) Broken(AuctionParticipant agent, string reason, string detail, SignedCommitment first, SignedHash? second) =>
        (new ExcludedBid(agent.Name, reason, detail), new AuctionEvidence(reason, agent.Name, detail, Commitment(first), second));

    private static SignedHash Commitment(SignedCommitment commitment) => new("commitment", commitment.Hash, commitment.Signature);
}
