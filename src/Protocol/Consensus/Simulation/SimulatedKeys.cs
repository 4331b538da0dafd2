using System.Security.Cryptography;
using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus.Simulation;

/// <summary>Keys of all replicas and clients of a run: the stand-in's, or real ones.</summary>
internal sealed class SimulatedKeys : IDisposable
{
    private readonly ulong[] secrets;
    private readonly ECDsa[] real = [];
    private readonly KeyDirectory? directory;

    internal SimulatedKeys(bool useReal, Membership membership, int clients, SimulatedRandom random)
    {
        secrets = new ulong[membership.Replicas + clients];
        for (var i = 0; i < secrets.Length; i++)
        {
            secrets[i] = random.Next();
        }

        if (useReal)
        {
            real = [.. secrets.Select(_ => ECDsa.Create(ECCurve.NamedCurves.nistP256))];
            byte[][] keys = [.. real.Select(P256Crypto.PublicKey)];
            directory = KeyDirectory.Create("simulation", membership.Faults, keys[..membership.Replicas], keys[membership.Replicas..]);
        }
    }

    internal Digest Directory => directory?.Hash ?? new Digest(1, 2, 3, 4);

    internal IConsensusCrypto Crypto(int principal) =>
        directory is null ? new SimulatedCrypto(principal, secrets) : new P256Crypto(directory, principal, real[principal]);

    public void Dispose()
    {
        foreach (var key in real)
        {
            key.Dispose();
        }
    }
}
