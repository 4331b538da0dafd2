using Quorate.Protocol.Consensus;

namespace Quorate.Transport.Driving;

/// <summary>The last items decided, for whoever asks for a certificate. Safe on any thread.</summary>
internal sealed class DecidedItems(ConsensusContext context, int most)
{
    private readonly Lock gate = new();
    private readonly Dictionary<RequestKey, (Decided Proof, int Index)> items = [];
    private readonly Queue<RequestKey> order = [];

    internal void Add(Decision decision)
    {
        if (most == 0)
        {
            return;
        }

        lock (gate)
        {
            for (var i = 0; i < decision.Applied.Count; i++)
            {
                var key = decision.Proof.Batch.Items[i].Request.Key;
                if (!decision.Applied[i] || !items.TryAdd(key, (decision.Proof, i)))
                {
                    continue;
                }

                order.Enqueue(key);
                if (order.Count > most)
                {
                    items.Remove(order.Dequeue());
                }
            }
        }
    }

    internal QuorumCertificate? Certificate(RequestKey key)
    {
        (Decided Proof, int Index) found;
        lock (gate)
        {
            if (!items.TryGetValue(key, out found))
            {
                return null;
            }
        }

        return QuorumCertificate.For(context, found.Proof, found.Index);
    }
}
