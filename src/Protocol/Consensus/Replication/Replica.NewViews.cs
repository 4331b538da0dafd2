namespace Quorate.Protocol.Consensus;

public sealed partial class Replica
{
    private void OnNewView(int from, NewView message)
    {
        if (!IsAhead(message.View))
        {
            if (newView is { } known && known.View == message.View && known.Statement(context.Crypto) != message.Statement(context.Crypto) && IsGood(from, message))
            {
                AccuseOfEquivocation(
                    context.Membership.Primary(message.View), known.Statement(context.Crypto), known.Signature, message.Statement(context.Crypto), message.Signature);
            }

            return;
        }

        if (IsGood(from, message))
        {
            Enter(message);
        }
        else if (message.Verdict == Verdict.ProvenLie)
        {
            Accuse(new Evidence(FaultKind.InvalidNewView, context.Membership.Primary(message.View), null, null, null, message));
        }
    }

    private void Enter(NewView message)
    {
        View = message.View;
        IsActive = true;
        newView = message;
        entered = now;
        changeDeadline = long.MaxValue;
        foreach (var slot in slots)
        {
            slot?.Leave();
        }

        Persist(message);
        if (IsPrimary)
        {
            Broadcast(message);
        }

        var plan = NewViewPlan.From(context, message.ViewChanges);
        next = Math.Max(plan.End, Executed) + 1;
        Adopt(plan.Start);
        InstallReproposals();
        RebuildReady();
        ReplayFuture();
        Propose();
    }

    private void Adopt(CheckpointProof start)
    {
        if (start.Sequence <= Stable)
        {
            return;
        }

        if (snapshots.TryGetValue(start.Sequence, out var own) && own.Digest == start.Digest)
        {
            Stabilise(start, own.Snapshot);
        }
        else if (!recovering)
        {
            Broadcast(new Fetch(MessageKind.FetchState, Executed + 1, default));
        }
    }

    private void InstallReproposals()
    {
        if (newView is not { } message || message.View != View || !IsActive)
        {
            return;
        }

        foreach (var reproposal in message.Reproposals)
        {
            if (!InWindow(reproposal.Sequence))
            {
                continue;
            }

            var slot = SlotAt(reproposal.Sequence);
            slot.Header = reproposal;
            if (!recovering && slot.Accepted is null)
            {
                if (slot.Find(reproposal.Digest, context.Crypto) is { } batch)
                {
                    AcceptAgain(slot, batch);
                }
                else
                {
                    Broadcast(new Fetch(MessageKind.FetchBatch, reproposal.Sequence, reproposal.Digest));
                }
            }
        }
    }

    private void AcceptAgain(Slot slot, Batch batch)
    {
        if (slot.Header is { } header && slot.Accepted is null
            && (ProposalChecker.Check(context, batch) is null || context.Options.Has(PlantedBug.NoExternalValidity)))
        {
            Accept(slot, new PrePrepare(View, header.Sequence, header.Digest, batch, header.Signature) { Verdict = Verdict.Valid });
        }
    }

    private void ReplayFuture()
    {
        for (var from = 0; from < future.Length; from++)
        {
            if (future[from] is not { Count: > 0 } kept)
            {
                continue;
            }

            for (var i = kept.Count; i > 0; i--)
            {
                OnVote(from, kept.Dequeue());
            }
        }
    }
}
