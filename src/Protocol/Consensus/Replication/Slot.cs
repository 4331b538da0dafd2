using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus;

/// <summary>What a replica knows about one sequence number of the window.</summary>
internal sealed class Slot(int replicas)
{
    /// <summary>Batches kept for whoever asks after a view change; the prepared one is not counted.</summary>
    private const int MaxBatches = 8;

    private readonly List<Batch> batches = [];

    internal ulong Sequence { get; private set; }

    /// <summary>The header of the current view; its batch may still be missing.</summary>
    internal Reproposal? Header { get; set; }

    /// <summary>The pre-prepare of the current view, valid, durable and voted for.</summary>
    internal PrePrepare? Accepted { get; set; }

    /// <summary>A commit was given in the current view.</summary>
    internal bool IsPrepared { get; set; }

    internal Vote?[] Prepares { get; } = new Vote?[replicas];

    internal Vote?[] Commits { get; } = new Vote?[replicas];

    /// <summary>Repeated votes; only the planted bug that counts them looks.</summary>
    internal int Repeats { get; set; }

    /// <summary>Of the latest view in which the slot prepared here.</summary>
    internal PreparedProof? Prepared { get; set; }

    internal Decided? Decided { get; set; }

    internal IReadOnlyList<Batch> Batches => batches;

    internal void Reset(ulong sequence)
    {
        Leave();
        Sequence = sequence;
        Prepared = null;
        Decided = null;
        batches.Clear();
    }

    /// <summary>Forgets the votes of a view that is over; what prepared and what was decided stays.</summary>
    internal void Leave()
    {
        Header = null;
        Accepted = null;
        IsPrepared = false;
        Repeats = 0;
        Array.Clear(Prepares);
        Array.Clear(Commits);
    }

    internal void Keep(Batch batch, IConsensusCrypto crypto)
    {
        var digest = batch.Digest(crypto);
        if (Find(digest, crypto) is not null)
        {
            return;
        }

        if (batches.Count == MaxBatches)
        {
            batches.RemoveAt(Prepared is { } kept && batches[0].Digest(crypto) == kept.Digest ? 1 : 0);
        }

        batches.Add(batch);
    }

    internal Batch? Find(Digest digest, IConsensusCrypto crypto)
    {
        foreach (var batch in batches)
        {
            if (batch.Digest(crypto) == digest)
            {
                return batch;
            }
        }

        return digest == Batch.Empty.Digest(crypto) ? Batch.Empty : null;
    }

    /// <summary>The signatures under the accepted digest, by ascending replica, at most <paramref name="most"/>.</summary>
    internal List<SignedBy> Matching(Vote?[] votes, int most)
    {
        var matching = new List<SignedBy>(most);
        foreach (var vote in votes)
        {
            if (vote is not null && vote.Digest == Accepted!.Digest && matching.Count < most)
            {
                matching.Add(new SignedBy(vote.Replica, vote.Signature));
            }
        }

        return matching;
    }

    internal int Count(Vote?[] votes)
    {
        var count = 0;
        foreach (var vote in votes)
        {
            count += vote is not null && vote.Digest == Accepted!.Digest ? 1 : 0;
        }

        return count;
    }
}
