using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus;

/// <summary>What follows from a quorum of view changes: where the new view starts and what it proposes again.</summary>
internal sealed record NewViewPlan(CheckpointProof Start, IReadOnlyList<(ulong Sequence, Digest Digest)> Open)
{
    /// <summary>The last sequence number that the plan covers.</summary>
    internal ulong End => Start.Sequence + (ulong)Open.Count;

    /// <summary>
    /// From the newest stable checkpoint to the last batch that prepared, each number gets the batch that prepared
    /// in the latest view, or an empty one (Castro and Liskov, OSDI '99, section 4.4).
    /// </summary>
    internal static NewViewPlan From(ConsensusContext context, IReadOnlyList<ViewChange> changes)
    {
        var start = CheckpointProof.Genesis;
        var end = 0UL;
        foreach (var change in changes)
        {
            start = change.Stable.Sequence > start.Sequence ? change.Stable : start;
            end = change.Prepared.Count > 0 ? Math.Max(end, change.Prepared[^1].Sequence) : end;
        }

        var open = new List<(ulong, Digest)>();
        var empty = Batch.Empty.Digest(context.Crypto);
        for (var sequence = start.Sequence + 1; sequence <= end && open.Count < ConsensusLimits.Window; sequence++)
        {
            open.Add((sequence, Latest(changes, sequence)?.Digest ?? empty));
        }

        return new NewViewPlan(start, open);
    }

    private static PreparedProof? Latest(IReadOnlyList<ViewChange> changes, ulong sequence)
    {
        PreparedProof? latest = null;
        foreach (var change in changes)
        {
            foreach (var proof in change.Prepared)
            {
                if (proof.Sequence == sequence && (latest is null || proof.View > latest.View))
                {
                    latest = proof;
                }
            }
        }

        return latest;
    }
}

/// <summary>Checks view changes and new views. Whoever signs one with a wrong content has convicted itself.</summary>
internal static class ViewChangeVerifier
{
    internal static Verdict Verify(ConsensusContext context, ViewChange change)
    {
        if (!context.Membership.IsReplica(change.Replica) || change.View == 0)
        {
            return Verdict.Malformed;
        }

        if (!context.Verify(change.Statement(context.Crypto), change.Replica, change.Signature))
        {
            return Verdict.InvalidSignature;
        }

        return context.Options.Has(PlantedBug.ViewChangeWithoutProofs) || HoldsGood(context, change) ? Verdict.Valid : Verdict.ProvenLie;
    }

    internal static Verdict Verify(ConsensusContext context, NewView newView)
    {
        var primary = context.Membership.Primary(newView.View);
        if (newView.View == 0)
        {
            return Verdict.Malformed;
        }

        if (!context.Verify(newView.Statement(context.Crypto), primary, newView.Signature))
        {
            return Verdict.InvalidSignature;
        }

        return HoldsGood(context, newView, primary) ? Verdict.Valid : Verdict.ProvenLie;
    }

    private static bool HoldsGood(ConsensusContext context, ViewChange change)
    {
        if (MessageVerifier.Stable(context, change.Stable) != Verdict.Valid || change.Prepared.Count > context.Options.Window)
        {
            return false;
        }

        var last = change.Stable.Sequence;
        foreach (var proof in change.Prepared)
        {
            if (proof.Sequence <= last || proof.Sequence - change.Stable.Sequence > (ulong)context.Options.Window
                || proof.View >= change.View || !IsPrepared(context, proof))
            {
                return false;
            }

            last = proof.Sequence;
        }

        return true;
    }

    private static bool IsPrepared(ConsensusContext context, PreparedProof proof)
    {
        var primary = context.Membership.Primary(proof.View);
        foreach (var (signer, _) in proof.Prepares)
        {
            if (signer == primary)
            {
                return false;
            }
        }

        return context.Verify(new Statement(StatementKind.PrePrepare, proof.View, proof.Sequence, proof.Digest), primary, proof.PrePrepare)
            && MessageVerifier.Proven(
                context, new Statement(StatementKind.Prepare, proof.View, proof.Sequence, proof.Digest), proof.Prepares, context.Quorum - 1) == Verdict.Valid;
    }

    private static bool HoldsGood(ConsensusContext context, NewView newView, int primary)
    {
        var last = -1;
        foreach (var change in newView.ViewChanges)
        {
            if (change.Replica <= last || change.View != newView.View || MessageVerifier.Verify(context, change) != Verdict.Valid)
            {
                return false;
            }

            last = change.Replica;
        }

        if (newView.ViewChanges.Count < context.Quorum)
        {
            return false;
        }

        var open = context.Options.Has(PlantedBug.UncheckedNewView)
            ? [.. newView.Reproposals.Select(r => (r.Sequence, r.Digest))]
            : NewViewPlan.From(context, newView.ViewChanges).Open;
        return Matches(context, newView, primary, open);
    }

    private static bool Matches(ConsensusContext context, NewView newView, int primary, IReadOnlyList<(ulong Sequence, Digest Digest)> open)
    {
        if (open.Count != newView.Reproposals.Count)
        {
            return false;
        }

        for (var i = 0; i < open.Count; i++)
        {
            var (sequence, digest, signature) = newView.Reproposals[i];
            if (sequence != open[i].Sequence || digest != open[i].Digest
                || !context.Verify(new Statement(StatementKind.PrePrepare, newView.View, sequence, digest), primary, signature))
            {
                return false;
            }
        }

        return true;
    }
}
