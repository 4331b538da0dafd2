using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus;

public sealed partial class Replica
{
    private bool isProposing;

    private void OnPrePrepare(int from, PrePrepare proposal)
    {
        if (!VotesIn(proposal.View) || !InWindow(proposal.Sequence))
        {
            Counters(from).OutOfRange++;
            return;
        }

        var slot = SlotAt(proposal.Sequence);
        var known = slot.Accepted?.Digest ?? slot.Header?.Digest;
        if ((slot.Accepted is not null && known == proposal.Digest) || !IsGood(from, proposal))
        {
            return;
        }

        if (known is { } digest && digest != proposal.Digest && !context.Options.Has(PlantedBug.TwoPrePrepares))
        {
            AccuseOfEquivocation(
                context.Membership.Primary(proposal.View),
                new Statement(StatementKind.PrePrepare, proposal.View, proposal.Sequence, digest),
                slot.Accepted?.Signature ?? slot.Header!.Value.Signature,
                proposal.Statement,
                proposal.Signature);
            return;
        }

        if (context.Membership.Primary(proposal.View) != Id && IsValid(proposal))
        {
            Accept(slot, proposal);
        }
    }

    private bool IsValid(PrePrepare proposal)
    {
        if (context.Options.Has(PlantedBug.NoExternalValidity))
        {
            return true;
        }

        Recognise(proposal);
        if (ProposalChecker.Check(context, proposal.Batch) is null)
        {
            return true;
        }

        Accuse(new Evidence(
            FaultKind.InvalidProposal,
            context.Membership.Primary(proposal.View),
            new SignedStatement(proposal.Statement, proposal.Signature),
            null,
            proposal.Batch,
            null));
        return false;
    }

    /// <summary>
    /// Spares a second check of signatures on requests that this replica verified when their client sent them.
    /// A driver that verifies proposals on other threads calls this first.
    /// </summary>
    public void Recognise(PrePrepare proposal)
    {
        foreach (var item in proposal.Batch.Items)
        {
            if (item.Request.Verdict == Verdict.Unknown && pending.Find(item.Request.Key) is { } known
                && known.Request.Signature.AsSpan().SequenceEqual(item.Request.Signature)
                && known.Request.Digest(context.Crypto) == item.Request.Digest(context.Crypto))
            {
                item.Request.Verdict = Verdict.Valid;
            }
        }
    }

    /// <summary>From here on this replica stands by the proposal: it is durable before anything is said about it.</summary>
    private void Accept(Slot slot, PrePrepare proposal)
    {
        slot.Accepted = proposal;
        slot.Keep(proposal.Batch, context.Crypto);
        Persist(proposal);
        MarkProposed(proposal);
        if (context.Membership.Primary(proposal.View) == Id)
        {
            Broadcast(proposal);
        }
        else
        {
            Cast(slot.Prepares, MessageKind.Prepare, proposal);
        }

        CheckPrepared(slot);
    }

    private void MarkProposed(PrePrepare proposal)
    {
        foreach (var item in proposal.Batch.Items)
        {
            if (pending.Find(item.Request.Key) is { } waiting)
            {
                waiting.ProposedIn = proposal.View + 1;
            }
        }
    }

    private void Cast(Vote?[] votes, MessageKind kind, PrePrepare proposal)
    {
        var vote = SignVote(kind, proposal.View, proposal.Sequence, proposal.Digest);
        votes[Id] = vote;
        Broadcast(vote);
    }

    private Vote SignVote(MessageKind kind, ulong view, ulong sequence, Digest digest) =>
        new(kind, view, sequence, digest, Id, context.Sign(Vote.StatementOf(kind, view, sequence, digest))) { Verdict = Verdict.Valid };

    private bool VotesIn(ulong view) =>
        (IsActive && view == View) || (!IsActive && view == left && context.Options.Has(PlantedBug.VotesAfterLeaving));

    private bool WantsVote(Vote vote)
    {
        if (IsAhead(vote.View))
        {
            return true;
        }

        if (!InWindow(vote.Sequence) || !context.Membership.IsReplica(vote.Replica)
            || !(VotesIn(vote.View) || context.Options.Has(PlantedBug.VotesOfAnotherView)))
        {
            return false;
        }

        var slot = SlotAt(vote.Sequence);
        var isPrepare = vote.Kind == MessageKind.Prepare;
        var known = (isPrepare ? slot.Prepares : slot.Commits)[vote.Replica];
        if (known is not null)
        {
            return known.Digest != vote.Digest || context.Options.Has(PlantedBug.DuplicateVotesCount);
        }

        var isSettled = isPrepare ? slot.IsPrepared : slot.IsPrepared && slot.Decided is not null;
        return !isSettled || slot.Accepted!.Digest != vote.Digest;
    }

    private void OnVote(int from, Vote vote)
    {
        if (IsAhead(vote.View))
        {
            KeepForLater(from, vote);
            return;
        }

        if (!WantsVote(vote))
        {
            Counters(from).OutOfRange += InWindow(vote.Sequence) && VotesIn(vote.View) ? 0 : 1;
            return;
        }

        if (!IsGood(from, vote) || vote.Replica == Id)
        {
            return;
        }

        var isPrepare = vote.Kind == MessageKind.Prepare;
        var slot = SlotAt(vote.Sequence);
        ref var known = ref (isPrepare ? slot.Prepares : slot.Commits)[vote.Replica];
        if (known is not null && known.Digest != vote.Digest && known.View == vote.View)
        {
            AccuseOfEquivocation(vote.Replica, known.Statement, known.Signature, vote.Statement, vote.Signature);
            return;
        }

        slot.Repeats += known is null ? 0 : 1;
        known = vote;
        CheckForbidden(slot, vote);
        if (isPrepare)
        {
            CheckPrepared(slot);
        }
        else
        {
            CheckCommitted(slot);
        }
    }

    // A vote for a batch that this replica holds and that external validity forbids.
    private void CheckForbidden(Slot slot, Vote vote)
    {
        foreach (var batch in slot.Batches)
        {
            if (batch.IsChecked && batch.Fault is not null && batch.Digest(context.Crypto) == vote.Digest)
            {
                Accuse(new Evidence(FaultKind.InvalidVote, vote.Replica, new SignedStatement(vote.Statement, vote.Signature), null, batch, null));
            }
        }
    }

    /// <summary>The pre-prepare and matching prepares of backups, together a quorum: the batch is prepared here.</summary>
    private void CheckPrepared(Slot slot)
    {
        if (slot.IsPrepared || slot.Accepted is not { } accepted)
        {
            return;
        }

        // The pre-prepare is the primary's word; a prepare of its own must not count twice.
        var needed = context.Quorum - 1;
        var primary = context.Membership.Primary(accepted.View);
        var count = slot.Count(slot.Prepares) - (slot.Prepares[primary]?.Digest == accepted.Digest ? 1 : 0);
        if (count + (context.Options.Has(PlantedBug.DuplicateVotesCount) ? slot.Repeats : 0) < needed)
        {
            return;
        }

        slot.IsPrepared = true;
        var proof = new PreparedProof(
            accepted.View, accepted.Sequence, accepted.Digest, accepted.Signature,
            [.. slot.Matching(slot.Prepares, N).Where(vote => vote.Signer != primary).Take(needed)]);
        if (!context.Options.Has(PlantedBug.ForgottenPrepared))
        {
            slot.Prepared = proof;
        }

        Out(OutputKind.Persist, -1, new DurableRecord(proof));
        Cast(slot.Commits, MessageKind.Commit, accepted);
        CheckCommitted(slot);
    }

    private void CheckCommitted(Slot slot)
    {
        var needed = context.Options.Has(PlantedBug.ExecutePrepared) ? 1 : context.Quorum;
        if (slot.IsPrepared && slot.Decided is null
            && slot.Count(slot.Commits) + (context.Options.Has(PlantedBug.DuplicateVotesCount) ? slot.Repeats : 0) >= needed)
        {
            var accepted = slot.Accepted!;
            Decide(slot, new Decided(accepted.View, accepted.Sequence, accepted.Batch, slot.Matching(slot.Commits, context.Quorum)) { Verdict = Verdict.Valid });
        }
    }

    private void Decide(Slot slot, Decided decided)
    {
        slot.Decided = decided;
        Persist(decided);
        ExecuteReady();
    }
}
