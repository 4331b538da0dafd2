namespace Quorate.Protocol.Consensus.Simulation;

/// <summary>Asks one thing after another and waits for f+1 equal replies each time.</summary>
internal sealed class SimulatedClient(int id, int total, ConsensusContext context, SimulatedRandom random)
{
    private ReplyCollector? collector;

    internal int Id { get; } = id;

    internal int Done { get; private set; }

    internal bool IsDone => Done == total;

    internal Request? Current { get; private set; }

    internal byte[]? Answer => collector?.Answer;

    /// <summary>The next request; null when all is done.</summary>
    internal Request? Next()
    {
        if (IsDone)
        {
            return Current = null;
        }

        var type = random.Chance(150) ? RequestKind.Question : RequestKind.Operation;
        var payload = random.Bytes(1 + random.Below(12));
        payload[0] &= 0x7F;
        Current = Request.Sign(context.Crypto, context.Directory, Id, (ulong)Done + 1, type, payload);
        collector = new ReplyCollector(context.Membership, Current.Key);
        return Current;
    }

    /// <summary>True when this completes the answer.</summary>
    internal bool Take(int from, Reply reply)
    {
        if (collector?.Add(from, reply) != true)
        {
            return false;
        }

        Done++;
        return true;
    }
}
