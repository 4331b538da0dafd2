namespace Quorate.Protocol.Consensus;

/// <summary>
/// A client's side: f+1 replicas with the same answer to the same request are an answer, since one of them is
/// honest. Holds one reply of each replica. The driver hands in replies with the replica that the link names.
/// </summary>
public sealed class ReplyCollector(Membership membership, RequestKey request)
{
    private readonly byte[]?[] results = new byte[membership.Replicas][];

    /// <summary>Null until there is one.</summary>
    public byte[]? Answer { get; private set; }

    /// <summary>The view of the last reply that helped; its primary is the one to ask next.</summary>
    public ulong View { get; private set; }

    /// <summary>True when this reply completes the answer.</summary>
    public bool Add(int from, Reply reply)
    {
        if (Answer is not null || !membership.IsReplica(from) || reply.Replica != from
            || new RequestKey(reply.Client, reply.Sequence) != request)
        {
            return false;
        }

        results[from] = reply.Result;
        var equal = 0;
        foreach (var result in results)
        {
            equal += result is not null && result.AsSpan().SequenceEqual(reply.Result) ? 1 : 0;
        }

        if (equal < membership.Weak)
        {
            return false;
        }

        View = reply.View;
        Answer = reply.Result;
        return true;
    }
}
