namespace Quorate.Protocol.Consensus;

public sealed partial class Replica
{
    /// <summary>Decided batches sent in answer to one question.</summary>
    private const int DecidedPerFetch = 16;

    private void OnFetch(int from, Fetch fetch)
    {
        if (fetch.Kind == MessageKind.FetchState)
        {
            if (Stable >= fetch.Sequence && Stable > 0 && Spend(from))
            {
                Send(from, new StateData(stableProof, snapshots[Stable].Snapshot) { Verdict = Verdict.Valid });
            }

            return;
        }

        if (fetch.Kind == MessageKind.FetchBatch)
        {
            if (InWindow(fetch.Sequence) && SlotAt(fetch.Sequence).Find(fetch.Digest, context.Crypto) is { } batch && Spend(from))
            {
                Send(from, new BatchData(fetch.Sequence, batch));
            }

            return;
        }

        for (var sequence = Math.Max(fetch.Sequence, Stable + 1); sequence <= Executed && sequence - fetch.Sequence < DecidedPerFetch; sequence++)
        {
            if (SlotAt(sequence).Decided is { } decided && Spend(from))
            {
                Send(from, decided);
            }
        }
    }

    private void OnBatchData(int from, BatchData data)
    {
        if (!InWindow(data.Sequence) || SlotAt(data.Sequence) is not { Header: { } header, Accepted: null } slot)
        {
            return;
        }

        if (data.Batch.Digest(context.Crypto) != header.Digest)
        {
            Counters(from).Malformed++;
            return;
        }

        AcceptAgain(slot, data.Batch);
    }

    private void OnDecided(int from, Decided decided)
    {
        if (!InWindow(decided.Sequence) || decided.Sequence <= Executed)
        {
            return;
        }

        var slot = SlotAt(decided.Sequence);
        if (slot.Decided is null && IsGood(from, decided))
        {
            slot.Keep(decided.Batch, context.Crypto);
            Decide(slot, decided);
        }
    }

    private void OnStateData(int from, StateData data)
    {
        if (data.Proof.Sequence <= Executed || !IsGood(from, data) || !Install(data.Proof.Sequence, data.Snapshot))
        {
            return;
        }

        progress = now;
        Stabilise(data.Proof, data.Snapshot);
        Out(OutputKind.StateInstalled, -1, data.Proof);
        InstallReproposals();
        ExecuteReady();
    }
}
