using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus;

/// <summary>A request that was not applied yet, and the opinions on it.</summary>
internal sealed class PendingRequest(Request request, int replicas)
{
    internal Request Request => Item.Request;

    /// <summary>As it would be proposed; for a question the opinions are still to come.</summary>
    internal Item Item { get; set; } = new(request);

    /// <summary>When it could first be decided; the primary is given so long from then.</summary>
    internal long Since { get; set; }

    internal bool IsDone { get; set; }

    /// <summary>The view in which the primary put it into a batch, plus one; zero before.</summary>
    internal ulong ProposedIn { get; set; }

    internal Opinion?[] Opinions { get; } = request.Type == RequestKind.Question ? new Opinion?[replicas] : [];

    internal int OpinionCount { get; set; }
}

/// <summary>Requests waiting, at most as many as the option allows.</summary>
internal sealed class PendingRequests(ConsensusContext context)
{
    private readonly Dictionary<RequestKey, PendingRequest> byKey = [];
    private readonly Dictionary<Digest, PendingRequest> questions = [];
    private readonly List<PendingRequest> order = [];
    private int first;

    internal int Count => byKey.Count;

    /// <summary>Every question, answered or not.</summary>
    internal IEnumerable<PendingRequest> Questions => questions.Values;

    /// <summary>The one that could have been decided for the longest time.</summary>
    internal PendingRequest? Oldest
    {
        get
        {
            while (first < order.Count && order[first].IsDone)
            {
                first++;
            }

            return first < order.Count ? order[first] : null;
        }
    }

    internal PendingRequest? Find(RequestKey key) => byKey.GetValueOrDefault(key);

    internal PendingRequest? Find(Digest question) => questions.GetValueOrDefault(question);

    /// <summary>Null when there is no room or it is known.</summary>
    internal PendingRequest? Add(Request request)
    {
        if (byKey.Count >= context.Options.Pending || byKey.ContainsKey(request.Key))
        {
            return null;
        }

        var pending = new PendingRequest(request, context.Membership.Replicas);
        byKey[request.Key] = pending;
        if (request.Type == RequestKind.Question)
        {
            questions[request.Digest(context.Crypto)] = pending;
        }

        return pending;
    }

    /// <summary>It can be decided from now on.</summary>
    internal void Ready(PendingRequest pending, long now)
    {
        pending.Since = now;
        order.Add(pending);
    }

    internal void Remove(RequestKey key)
    {
        if (!byKey.Remove(key, out var pending))
        {
            return;
        }

        pending.IsDone = true;
        if (pending.Request.Type == RequestKind.Question)
        {
            questions.Remove(pending.Request.Digest(context.Crypto));
        }

        if (order.Count > 64 && order.Count > 2 * byKey.Count)
        {
            order.RemoveAll(old => old.IsDone);
            first = 0;
        }
    }

    internal void RemoveApplied(ClientTable clients)
    {
        foreach (var key in byKey.Keys.Where(clients.IsApplied).ToList())
        {
            Remove(key);
        }
    }

    /// <summary>Those that can be decided, oldest first. The collection must not change meanwhile.</summary>
    internal IEnumerable<PendingRequest> Waiting()
    {
        for (var i = first; i < order.Count; i++)
        {
            if (!order[i].IsDone)
            {
                yield return order[i];
            }
        }
    }
}
