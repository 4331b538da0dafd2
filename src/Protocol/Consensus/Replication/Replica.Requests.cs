using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus;

public sealed partial class Replica
{
    private readonly Queue<PendingRequest> ready = [];
    private bool isGathering;
    private readonly Dictionary<Digest, (Request Question, Opinion Opinion)> ownOpinions = [];

    private void OnRequest(int from, Request request)
    {
        // Links authenticate clients where signatures do not; replicas may only pass requests on.
        var isOwn = from == request.Client || context.Membership.IsReplica(from);
        if (clients.IsApplied(request.Key) && !context.Options.Has(PlantedBug.NoDeduplication))
        {
            if (from == request.Client && clients.Result(request.Key) is { } known)
            {
                Answer(request.Key, known);
            }

            return;
        }

        if (!isOwn || pending.Find(request.Key) is not null || !IsGood(from, request) || IsForbidden(request))
        {
            Counters(from).Refused += isOwn ? 0 : 1;
            return;
        }

        if (pending.Add(request) is not { } added)
        {
            Counters(from).Refused++;
            return;
        }

        Start(added);
        Propose();
    }

    private bool IsForbidden(Request request) =>
        request.Type != RequestKind.Question && ProposalChecker.Check(context, new Batch([new Item(request)])) is not null;

    private void Start(PendingRequest added)
    {
        if (added.Request.Type != RequestKind.Question)
        {
            pending.Ready(added, now);
            ready.Enqueue(added);
            return;
        }

        var subject = added.Request.Digest(context.Crypto);
        if (ownOpinions.TryGetValue(subject, out var own))
        {
            Count(added, own.Opinion);
        }
        else if (ownOpinions.Count < context.Options.Pending)
        {
            Out(OutputKind.OpinionWanted, -1, added.Request);
        }
    }

    /// <summary>
    /// This replica's opinion on a question that <see cref="OutputKind.OpinionWanted"/> named. Only the first one
    /// on a subject counts, now and after any restart. Ignored when the question is no longer open.
    /// </summary>
    public void SubmitOpinion(Digest subject, byte[] value, long time)
    {
        now = Math.Max(now, time);
        if (ownOpinions.ContainsKey(subject) || pending.Find(subject) is not { } question || value.Length > ConsensusLimits.ValueBytes)
        {
            return;
        }

        var opinion = Opinion.Sign(context.Crypto, context.Directory, subject, Id, value);
        opinion.Verdict = Verdict.Valid;
        ownOpinions[subject] = (question.Request, opinion);
        Out(OutputKind.Persist, -1, new DurableRecord(opinion, question.Request));
        Broadcast(opinion);
        Count(question, opinion);
        Propose();
        Wake();
    }

    private void OnOpinion(int from, Opinion opinion)
    {
        if (pending.Find(opinion.Subject) is not { } question || !context.Membership.IsReplica(opinion.Author))
        {
            Counters(from).OutOfRange++;
            return;
        }

        var known = question.Opinions[opinion.Author];
        if (known is not null && known.Value.AsSpan().SequenceEqual(opinion.Value))
        {
            return;
        }

        if (!IsGood(from, opinion))
        {
            return;
        }

        if (known is not null)
        {
            AccuseOfEquivocation(opinion.Author, known.Statement(context.Crypto), known.Signature, opinion.Statement(context.Crypto), opinion.Signature);
            return;
        }

        Count(question, opinion);
        Propose();
    }

    private void Count(PendingRequest question, Opinion opinion)
    {
        question.Opinions[opinion.Author] = opinion;
        question.OpinionCount++;
        if (question.OpinionCount < context.Membership.Reachable || question.Item.Opinions.Count > 0)
        {
            return;
        }

        Opinion[] given = [.. question.Opinions.Where(o => o is not null).Cast<Opinion>()];
        if (context.Validator.Tally(question.Request, given) is not { } outcome)
        {
            return;
        }

        var item = new Item(question.Request, given, outcome);
        if (ProposalChecker.Check(context, new Batch([item])) is null)
        {
            question.Item = item;
            pending.Ready(question, now);
            ready.Enqueue(question);
        }
    }

    private void Answer(RequestKey key, byte[] result) =>
        Out(OutputKind.Reply, key.Client, new Reply(View, key.Client, key.Sequence, Id, result));

    /// <summary>Requests that the primary could propose and did not yet.</summary>
    public int Gathered => ready.Count;

    /// <summary>
    /// While it gathers, a primary proposes nothing. A driver uses this to put what comes together into one batch,
    /// and must end it soon: the others give a primary only so long.
    /// </summary>
    public void Gather(bool on)
    {
        isGathering = on;
        Propose();
    }

    /// <summary>The primary's part: whatever gathered while the pipeline was full goes into the next batch.</summary>
    private void Propose()
    {
        if (recovering || isProposing || !IsPrimary)
        {
            TrimReady();
            return;
        }

        if (isGathering)
        {
            return;
        }

        isProposing = true;
        next = Math.Max(next, Executed + 1);
        while (IsActive && IsPrimary && ready.Count > 0 && InWindow(next) && next - 1 - Executed < (ulong)context.Options.Pipeline)
        {
            var items = TakeItems();
            if (items.Count == 0)
            {
                break;
            }

            var batch = new Batch(items);
            batch.Found(null);
            var digest = batch.Digest(context.Crypto);
            var signature = context.Sign(new Statement(StatementKind.PrePrepare, View, next, digest));
            Accept(SlotAt(next), new PrePrepare(View, next, digest, batch, signature) { Verdict = Verdict.Valid });
            next = Math.Max(next, Executed) + 1;
        }

        isProposing = false;
    }

    // Only a primary drains the queue; elsewhere it is rebuilt when this replica becomes one.
    private void TrimReady()
    {
        if (!IsPrimary)
        {
            ready.Clear();
        }
    }

    private List<Item> TakeItems()
    {
        var items = new List<Item>(Math.Min(ready.Count, context.Options.BatchItems));
        var bytes = 0;
        while (items.Count < context.Options.BatchItems && ready.TryPeek(out var first))
        {
            if (first.IsDone || first.ProposedIn == View + 1)
            {
                ready.Dequeue();
                continue;
            }

            bytes += first.Item.Encoded.Length;
            if (bytes > context.Options.BatchBytes && items.Count > 0)
            {
                break;
            }

            first.ProposedIn = View + 1;
            items.Add(ready.Dequeue().Item);
        }

        return items;
    }

    private void RebuildReady()
    {
        ready.Clear();
        if (IsPrimary)
        {
            foreach (var waiting in pending.Waiting())
            {
                ready.Enqueue(waiting);
            }
        }
    }
}
