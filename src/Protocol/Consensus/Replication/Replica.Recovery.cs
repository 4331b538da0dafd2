namespace Quorate.Protocol.Consensus;

public sealed partial class Replica
{
    /// <summary>
    /// Everything that must outlive this process, in an order from which it can be rebuilt. A driver may replace
    /// its log by these whenever all outputs so far have been handled.
    /// </summary>
    public IReadOnlyList<DurableRecord> DurableRecords()
    {
        var records = new List<DurableRecord>();
        if (Stable > 0)
        {
            records.Add(new DurableRecord(new StateData(stableProof, snapshots[Stable].Snapshot)));
        }

        if (newView is not null)
        {
            records.Add(new DurableRecord(newView));
        }

        foreach (var (question, opinion) in ownOpinions.Values)
        {
            records.Add(new DurableRecord(opinion, question));
        }

        for (var sequence = Stable + 1; sequence <= Stable + (ulong)slots.Length; sequence++)
        {
            AddSlot(records, SlotAt(sequence));
        }

        if (!IsActive)
        {
            records.Add(new DurableRecord(changes[Id]!));
        }

        return records;
    }

    private static void AddSlot(List<DurableRecord> records, Slot slot)
    {
        foreach (var batch in slot.Batches)
        {
            records.Add(new DurableRecord(new BatchData(slot.Sequence, batch)));
        }

        if (slot.Accepted is { } accepted)
        {
            records.Add(new DurableRecord(accepted));
        }

        if (slot.Prepared is { } prepared)
        {
            records.Add(new DurableRecord(prepared));
        }

        if (slot.Decided is { } decided)
        {
            records.Add(new DurableRecord(decided));
        }
    }

    private void Recover(IEnumerable<DurableRecord> records)
    {
        recovering = true;
        foreach (var record in records)
        {
            if (record.Prepared is { } prepared)
            {
                RecoverPrepared(prepared);
            }
            else
            {
                Recover(record);
            }
        }

        // A state that was taken over may have closed the gap before what was decided already.
        ExecuteReady();
        recovering = false;
        timeouts = 0;
        entered = progress = now;
        changeDeadline = IsActive ? long.MaxValue : changeDeadline;
        RebuildReady();
        foreach (var sequence in snapshots.Keys.ToList())
        {
            TryStabilise(sequence);
        }

        InstallReproposals();
        for (var sequence = Executed + 1; IsActive && InWindow(sequence) && sequence - Stable <= (ulong)slots.Length; sequence++)
        {
            CheckPrepared(SlotAt(sequence));
            CheckCommitted(SlotAt(sequence));
        }

        Propose();
    }

    private void Recover(DurableRecord record)
    {
        switch (record.Message)
        {
            case StateData data when data.Proof.Sequence > Stable && (data.Proof.Sequence <= Executed || Install(data.Proof.Sequence, data.Snapshot)):
                Stabilise(data.Proof, data.Snapshot);
                break;
            case NewView message when message.View >= View:
                Enter(message);
                break;
            case ViewChange change when change.View >= View:
                left = View;
                View = change.View;
                IsActive = false;
                changes[Id] = change;
                change.Verdict = Verdict.Valid;
                break;
            case Opinion opinion when record.Question is { } question && !clients.IsApplied(question.Key):
                ownOpinions[opinion.Subject] = (question, opinion);
                break;
            case BatchData data when InWindow(data.Sequence):
                SlotAt(data.Sequence).Keep(data.Batch, context.Crypto);
                break;
            case PrePrepare proposal when InWindow(proposal.Sequence):
                RecoverAccepted(proposal);
                break;
            case Decided decided when InWindow(decided.Sequence):
                decided.Verdict = Verdict.Valid;
                SlotAt(decided.Sequence).Keep(decided.Batch, context.Crypto);
                SlotAt(decided.Sequence).Decided = decided;
                ExecuteReady();
                break;
        }
    }

    private void RecoverAccepted(PrePrepare proposal)
    {
        var slot = SlotAt(proposal.Sequence);
        slot.Keep(proposal.Batch, context.Crypto);
        if (proposal.View != View || !IsActive || context.Options.Has(PlantedBug.ForgottenVote))
        {
            return;
        }

        slot.Accepted = proposal;
        if (IsPrimary)
        {
            next = Math.Max(next, proposal.Sequence + 1);
        }
        else
        {
            Cast(slot.Prepares, MessageKind.Prepare, proposal);
        }
    }

    private void RecoverPrepared(PreparedProof prepared)
    {
        if (!InWindow(prepared.Sequence) || context.Options.Has(PlantedBug.ForgottenVote))
        {
            return;
        }

        var slot = SlotAt(prepared.Sequence);
        if (slot.Prepared is null || slot.Prepared.View <= prepared.View)
        {
            slot.Prepared = prepared;
        }

        if (slot.Accepted is { } accepted && accepted.View == prepared.View && accepted.Digest == prepared.Digest && !slot.IsPrepared)
        {
            slot.IsPrepared = true;
            Cast(slot.Commits, MessageKind.Commit, accepted);
        }
    }
}
