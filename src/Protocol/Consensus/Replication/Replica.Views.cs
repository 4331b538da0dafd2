using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus;

public sealed partial class Replica
{
    /// <summary>Votes of a view not yet entered that are kept, for each peer.</summary>
    private const int MaxFutureVotes = 256;

    private readonly ViewChange?[] changes;
    private readonly Queue<Vote>[] future;
    private NewView? newView;
    private ulong left;
    private long entered;

    private bool IsAhead(ulong view) => view > View || (view == View && !IsActive);

    private void KeepForLater(int from, Vote vote)
    {
        var kept = future[from] ??= new Queue<Vote>();
        if (kept.Count == MaxFutureVotes)
        {
            kept.Dequeue();
        }

        kept.Enqueue(vote);
    }

    private void ChangeView(ulong target)
    {
        left = IsActive ? View : left;
        View = target;
        IsActive = false;
        timeouts++;
        changeDeadline = long.MaxValue;
        var prepared = new List<PreparedProof>();
        for (var sequence = Stable + 1; InWindow(sequence) && sequence - Stable <= (ulong)slots.Length; sequence++)
        {
            if (SlotAt(sequence).Prepared is { } proof)
            {
                prepared.Add(proof);
            }
        }

        var unsigned = new ViewChange(target, Id, stableProof, prepared, []);
        var change = new ViewChange(target, Id, stableProof, prepared, context.Sign(unsigned.Statement(context.Crypto))) { Verdict = Verdict.Valid };
        changes[Id] = change;
        Persist(change);
        Broadcast(change);
        CheckChanges();
    }

    private void OnViewChange(int from, ViewChange change)
    {
        if (!context.Membership.IsReplica(change.Replica) || change.Replica == Id)
        {
            Counters(from).Malformed++;
            return;
        }

        var known = changes[change.Replica];
        var isSame = known is not null && known.View == change.View;
        if (!IsAhead(change.View) || (known is not null && known.View > change.View)
            || (isSame && known!.Statement(context.Crypto) == change.Statement(context.Crypto)))
        {
            return;
        }

        if (!IsGood(from, change))
        {
            if (change.Verdict == Verdict.ProvenLie)
            {
                Accuse(new Evidence(FaultKind.InvalidViewChange, change.Replica, null, null, null, change));
            }

            return;
        }

        if (isSame)
        {
            AccuseOfEquivocation(change.Replica, known!.Statement(context.Crypto), known.Signature, change.Statement(context.Crypto), change.Signature);
            return;
        }

        changes[change.Replica] = change;
        CheckHidden(change);
        Join();
        CheckChanges();
    }

    private void CheckHidden(ViewChange change)
    {
        foreach (var slot in slots)
        {
            if (slot?.Commits[change.Replica] is { } commit && EvidenceVerifier.Hides(change, commit.Statement))
            {
                Accuse(new Evidence(FaultKind.HiddenCommit, change.Replica, new SignedStatement(commit.Statement, commit.Signature), null, null, change));
                return;
            }
        }
    }

    // f+1 replicas in later views: one of them is honest, so the view is really over. The smallest is the safest.
    private void Join()
    {
        var count = 0;
        var smallest = ulong.MaxValue;
        foreach (var change in changes)
        {
            if (change is not null && change.View > View)
            {
                count++;
                smallest = Math.Min(smallest, change.View);
            }
        }

        if (count >= context.Membership.Weak)
        {
            ChangeView(smallest);
        }
    }

    private void CheckChanges()
    {
        if (IsActive)
        {
            return;
        }

        var gathered = new List<ViewChange>(N);
        var reached = 0;
        foreach (var change in changes)
        {
            if (change is not null && change.View >= View)
            {
                reached++;
                if (change.View == View)
                {
                    gathered.Add(change);
                }
            }
        }

        if (reached >= context.Membership.Quorum && changeDeadline == long.MaxValue)
        {
            changeDeadline = now + Timeout;
        }

        if (IsPrimary && gathered.Count >= context.Membership.Quorum)
        {
            Lead(gathered[..context.Membership.Quorum]);
        }
    }

    private void Lead(List<ViewChange> gathered)
    {
        var reproposals = new List<Reproposal>();
        foreach (var (sequence, digest) in NewViewPlan.From(context, gathered).Open)
        {
            reproposals.Add(new Reproposal(sequence, digest, context.Sign(new Statement(StatementKind.PrePrepare, View, sequence, digest))));
        }

        var unsigned = new NewView(View, gathered, reproposals, []);
        var signed = new NewView(View, gathered, reproposals, context.Sign(unsigned.Statement(context.Crypto))) { Verdict = Verdict.Valid };
        Enter(signed);
    }
}
