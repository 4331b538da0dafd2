using System.Security.Cryptography;
using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Transport;

/// <summary>The keys of a whole group in one process, replicas first.</summary>
public sealed class KeyPairs(KeyDirectory directory, IReadOnlyList<ECDsa> keys) : IDisposable
{
    public KeyDirectory Directory { get; } = directory;

    public IReadOnlyList<ECDsa> Keys { get; } = keys;

    /// <summary>Fresh keys that exist in memory only.</summary>
    /// <exception cref="Contracts.QuorateException">n and f that don't fit.</exception>
    public static KeyPairs Generate(string name, int replicas, int faults, int clients)
    {
        _ = new Protocol.Consensus.Membership(replicas, faults);
        ECDsa[] keys = [.. Enumerable.Range(0, replicas + clients).Select(_ => ECDsa.Create(ECCurve.NamedCurves.nistP256))];
        byte[][] points = [.. keys.Select(P256Crypto.PublicKey)];
        return new KeyPairs(KeyDirectory.Create(name, faults, points[..replicas], points[replicas..]), keys);
    }

    /// <summary>Signs as one principal and verifies everyone; the caller disposes it.</summary>
    public P256Crypto CryptoOf(int principal) => new(Directory, principal, Keys[principal]);

    public void Dispose()
    {
        foreach (var key in Keys)
        {
            key.Dispose();
        }
    }
}
