using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus;

/// <summary>
/// Checks every signature and proof in a message. Pure and safe on any thread, so a driver can verify on several
/// cores and hand the messages in afterwards; the verdict stays with the message.
/// </summary>
public static class MessageVerifier
{
    public static Verdict Verify(ConsensusContext context, Message message)
    {
        if (message.Verdict == Verdict.Unknown)
        {
            message.Verdict = Find(context, message);
        }

        return message.Verdict;
    }

    private static Verdict Find(ConsensusContext context, Message message) => message switch
    {
        Request request => Request(context, request),
        PrePrepare proposal => Proposal(context, proposal),
        Vote vote => Vote(context, vote),
        Opinion opinion => !context.Membership.IsReplica(opinion.Author) ? Verdict.Malformed : Signed(context, opinion.Statement(context.Crypto), opinion.Author, opinion.Signature),
        ViewChange change => ViewChangeVerifier.Verify(context, change),
        NewView newView => ViewChangeVerifier.Verify(context, newView),
        Decided decided => Proven(context, new Statement(StatementKind.Commit, decided.View, decided.Sequence, decided.Batch.Digest(context.Crypto)), decided.Commits, context.Quorum),
        StateData state => State(context, state),
        _ => Verdict.Valid,
    };

    internal static Verdict Signed(ConsensusContext context, in Statement statement, int signer, byte[] signature) =>
        context.Verify(statement, signer, signature) ? Verdict.Valid : Verdict.InvalidSignature;

    /// <summary>At least <paramref name="needed"/> replicas, in ascending order, all with a good signature.</summary>
    internal static Verdict Proven(ConsensusContext context, in Statement statement, IReadOnlyList<SignedBy> signatures, int needed)
    {
        if (signatures.Count < needed)
        {
            return Verdict.Malformed;
        }

        var last = -1;
        foreach (var (signer, signature) in signatures)
        {
            if (signer <= last || !context.Membership.IsReplica(signer))
            {
                return Verdict.Malformed;
            }

            if (!context.Verify(statement, signer, signature))
            {
                return Verdict.InvalidSignature;
            }

            last = signer;
        }

        return Verdict.Valid;
    }

    internal static Verdict Stable(ConsensusContext context, CheckpointProof proof) =>
        proof.Sequence == 0
            ? (proof.Digest == default && proof.Votes.Count == 0 ? Verdict.Valid : Verdict.Malformed)
            : Proven(context, new Statement(StatementKind.Checkpoint, 0, proof.Sequence, proof.Digest), proof.Votes, context.Quorum);

    private static Verdict Request(ConsensusContext context, Request request)
    {
        if (!context.IsClient(request.Client) || request.Sequence == 0)
        {
            return Verdict.Malformed;
        }

        if (!context.Options.SignedRequests)
        {
            return request.Signature.Length == 0 ? Verdict.Valid : Verdict.Malformed;
        }

        return Signed(context, request.Statement(context.Crypto), request.Client, request.Signature);
    }

    private static Verdict Proposal(ConsensusContext context, PrePrepare proposal)
    {
        // The digest is checked first: a header without its batch proves nothing against anyone.
        if (proposal.Batch.Digest(context.Crypto) != proposal.Digest)
        {
            return Verdict.Malformed;
        }

        return Signed(context, proposal.Statement, context.Membership.Primary(proposal.View), proposal.Signature);
    }

    private static Verdict Vote(ConsensusContext context, Vote vote)
    {
        if (!context.Membership.IsReplica(vote.Replica))
        {
            return Verdict.Malformed;
        }

        return context.Options.Has(PlantedBug.UnverifiedVotes) ? Verdict.Valid : Signed(context, vote.Statement, vote.Replica, vote.Signature);
    }

    private static Verdict State(ConsensusContext context, StateData state)
    {
        if (context.Options.Has(PlantedBug.StateWithoutProof))
        {
            return Verdict.Valid;
        }

        return state.Proof.Sequence == 0 || context.Crypto.Hash(state.Snapshot) != state.Proof.Digest
            ? Verdict.Malformed
            : Stable(context, state.Proof);
    }
}
