using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus.Simulation;

/// <summary>Stand-ins for the keys of a group, for runs in virtual time: a hundred times as fast as signatures, and worth nothing as proof to anybody outside.</summary>
public static class SimulatedGroup
{
    /// <summary>Stands for the hash of a key directory.</summary>
    public static Digest Directory { get; } = new(1, 2, 3, 4);

    /// <summary>One for each principal.</summary>
    public static IReadOnlyList<IConsensusCrypto> Cryptos(int principals, int seed)
    {
        var random = new SimulatedRandom((ulong)seed);
        ulong[] keys = [.. Enumerable.Range(0, principals).Select(_ => random.Next())];
        return [.. Enumerable.Range(0, principals).Select(i => new SimulatedCrypto(i, keys))];
    }
}
