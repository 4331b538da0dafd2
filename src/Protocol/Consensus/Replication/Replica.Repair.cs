namespace Quorate.Protocol.Consensus;

public sealed partial class Replica
{
    /// <summary>Requests passed on to the primary in one round of repair, and batches asked for.</summary>
    private const int PerRound = 16;

    /// <summary>Timeouts that a replica waits which is itself late: the primary need not be at fault.</summary>
    private const int LaggingFactor = 4;

    private readonly int[] budgets;
    private readonly ulong[] peerExecuted;
    private long changeDeadline = long.MaxValue;
    private long nextFetch;
    private long nextRetry;
    private long progress;
    private int idleRounds;
    private int timeouts;
    private ulong behind;
    private ulong asked;
    private ulong askedAt;

    /// <summary>When <see cref="Tick"/> is due at the latest.</summary>
    public long Deadline => Math.Min(nextRetry, ViewDeadline);

    private long Timeout => context.Options.ViewTimeout << Math.Min(timeouts, context.Options.TimeoutDoublings);

    private long ViewDeadline
    {
        get
        {
            if (!IsActive)
            {
                return changeDeadline;
            }

            if (IsExcluded(context.Membership.Primary(View)))
            {
                return now;
            }

            if (pending.Oldest is not { } oldest)
            {
                return long.MaxValue;
            }

            var since = Math.Max(oldest.Since, entered);
            var patience = IsLagging ? Timeout * LaggingFactor : Timeout;
            return Math.Min(Math.Max(since, progress) + patience, since + (Timeout * context.Options.FairnessFactor));
        }
    }

    // f+1 replicas say they are further: one of them is honest, so there is something to catch up with first.
    private bool IsLagging
    {
        get
        {
            var count = 0;
            foreach (var executed in peerExecuted)
            {
                count += executed > Executed ? 1 : 0;
            }

            return count >= context.Membership.Weak;
        }
    }

    private bool IsOutstanding => pending.Count > 0 || !IsActive || behind > Executed || (Executed < next - 1 && IsPrimary);

    /// <summary>Time has come: repairs what was lost and gives up on a primary that does not deliver.</summary>
    public void Tick(long time)
    {
        now = Math.Max(now, time);
        if (now >= ViewDeadline)
        {
            ChangeView(View + 1);
        }

        if (now >= nextRetry)
        {
            idleRounds = IsOutstanding ? 0 : Math.Min(idleRounds + 1, context.Options.IdleDoublings);
            nextRetry = now + (context.Options.RetryInterval << idleRounds);
            Repair();
        }
    }

    private void Wake()
    {
        if (idleRounds > 0 && IsOutstanding)
        {
            idleRounds = 0;
            nextRetry = Math.Min(nextRetry, now + context.Options.RetryInterval);
        }
    }

    private void Repair()
    {
        Array.Fill(budgets, context.Options.RepairBudget);
        Broadcast(new Status(View, IsActive, Executed, Stable));
        foreach (var question in pending.Questions)
        {
            if (question.Opinions[Id] is { } own)
            {
                Broadcast(own);
            }
        }

        if (!IsActive)
        {
            Broadcast(changes[Id]!);
            return;
        }

        PassOn();
        FetchBatches();
    }

    private void PassOn()
    {
        var count = 0;
        var primary = context.Membership.Primary(View);
        foreach (var waiting in pending.Questions.Concat(pending.Waiting()))
        {
            if (waiting.Request.Type == RequestKind.Question)
            {
                Broadcast(waiting.Request);
            }
            else if (primary != Id && waiting.ProposedIn != View + 1)
            {
                Send(primary, waiting.Request);
            }

            if (++count == PerRound)
            {
                return;
            }
        }
    }

    private void FetchBatches()
    {
        var count = 0;
        foreach (var slot in slots)
        {
            if (slot is { Header: { } header, Accepted: null } && count++ < PerRound)
            {
                Broadcast(new Fetch(MessageKind.FetchBatch, header.Sequence, header.Digest));
            }
        }
    }

    private bool Spend(int peer) => budgets[peer] > 0 && budgets[peer]-- > 0;

    private void OnStatus(int from, Status status)
    {
        if (!Spend(from))
        {
            return;
        }

        peerExecuted[from] = status.Executed;
        if (status.View < View || (status.View == View && !status.Active))
        {
            SendView(from);
        }

        if (status.Stable < Stable && status.Executed >= Stable)
        {
            // It holds the state and lacks only the votes, which everyone else has forgotten but for the proof.
            foreach (var (signer, signature) in stableProof.Votes)
            {
                Send(from, new Vote(MessageKind.Checkpoint, 0, Stable, stableProof.Digest, signer, signature));
            }
        }

        if (status.Executed > Executed)
        {
            CatchUp(from, status);
        }
        else
        {
            Remind(from, status);
        }
    }

    private void SendView(int to)
    {
        if (IsActive && newView is { } proof)
        {
            Send(to, proof);
        }
        else if (!IsActive)
        {
            Send(to, changes[Id]!);
        }
    }

    private void CatchUp(int from, Status status)
    {
        behind = Math.Max(behind, Math.Min(status.Executed, Stable + (ulong)context.Options.Window));
        if (Executed > askedAt || now >= nextFetch + (context.Options.RetryInterval << 5))
        {
            askedAt = Executed;
            asked = 0;
        }

        // A peer that was asked and did not help waits until the others were: a liar may always be the first to offer.
        if (now >= nextFetch && (asked >> from & 1) == 0)
        {
            asked |= 1UL << from;
            nextFetch = now + (context.Options.RetryInterval / 2);
            Send(from, new Fetch(status.Stable > Executed ? MessageKind.FetchState : MessageKind.FetchDecided, Executed + 1, default));
        }
    }

    // What this replica said about slots that the other has not settled, said again.
    private void Remind(int from, Status status)
    {
        foreach (var (sequence, votes) in checkpoints)
        {
            if (sequence > status.Stable && votes[Id] is { } own && Spend(from))
            {
                Send(from, own);
            }
        }

        if (status.View != View || !status.Active || !IsActive)
        {
            return;
        }

        for (var sequence = Math.Max(status.Executed, Stable) + 1; InWindow(sequence) && sequence - Stable <= (ulong)slots.Length; sequence++)
        {
            var slot = SlotAt(sequence);
            if (slot.Accepted is not { } accepted)
            {
                continue;
            }

            Message?[] said = [IsPrimary ? accepted : null, slot.Prepares[Id], slot.Commits[Id]];
            foreach (var message in said)
            {
                if (message is not null && Spend(from))
                {
                    Send(from, message);
                }
            }
        }
    }
}
