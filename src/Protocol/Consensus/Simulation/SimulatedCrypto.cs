using System.Buffers.Binary;
using System.Numerics;
using Quorate.Contracts;
using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus.Simulation;

/// <summary>
/// Keyed hashes that stand in for signatures: fast, and beyond a simulated liar, who holds its own key only and
/// attacks the protocol, not the arithmetic. Worthless outside a simulation, therefore internal.
/// </summary>
internal sealed class SimulatedCrypto(int self, ulong[] keys) : IConsensusCrypto
{
    public int SignatureLength => 8;

    public byte[] Sign(ReadOnlySpan<byte> statement)
    {
        var signature = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(signature, Mac(keys[self], statement));
        return signature;
    }

    public bool Verify(int signer, ReadOnlySpan<byte> statement, ReadOnlySpan<byte> signature) =>
        (uint)signer < (uint)keys.Length && signature.Length == 8
        && BinaryPrimitives.ReadUInt64BigEndian(signature) == Mac(keys[signer], statement);

    public Digest Hash(ReadOnlySpan<byte> data)
    {
        var (a, b) = Absorb(0x9E3779B97F4A7C15, data);
        return new Digest(Mix(a, b), Mix(a ^ 0xA5A5A5A5A5A5A5A5, b), Mix(a, b ^ 0x5A5A5A5A5A5A5A5A), Mix(b, a ^ 0x0F0F0F0F0F0F0F0F));
    }

    private static ulong Mac(ulong key, ReadOnlySpan<byte> data)
    {
        var (a, b) = Absorb(key, data);
        return Mix(a ^ key, b);
    }

    private static (ulong A, ulong B) Absorb(ulong seed, ReadOnlySpan<byte> data)
    {
        var a = seed ^ (ulong)data.Length;
        var b = ~seed;
        for (; data.Length >= 8; data = data[8..])
        {
            Step(ref a, ref b, BinaryPrimitives.ReadUInt64LittleEndian(data));
        }

        var last = 0UL;
        for (var i = 0; i < data.Length; i++)
        {
            last |= (ulong)data[i] << (8 * i);
        }

        Step(ref a, ref b, last);
        return (a, b);
    }

    private static void Step(ref ulong a, ref ulong b, ulong word)
    {
        a = Mix(a ^ word, 0xD6E8FEB86659FD93);
        b = BitOperations.RotateLeft(b, 23) + (a * 0xC2B2AE3D27D4EB4F);
    }

    private static ulong Mix(ulong a, ulong b)
    {
        var high = Math.BigMul(a | 1, b ^ 0x9FB21C651E98DF25, out var low);
        return high ^ low ^ BitOperations.RotateLeft(a, 31);
    }
}

/// <summary>SplitMix64 (Steele, Lea and Flood, OOPSLA '14): the same numbers for the same seed everywhere.</summary>
internal sealed class SimulatedRandom(ulong seed)
{
    private ulong state = seed;

    internal ulong Next()
    {
        var z = state;
        state += SplitMix.Step;
        return SplitMix.Of(z);
    }

    /// <summary>0 … bound − 1.</summary>
    internal int Below(int bound) => (int)(((Next() >> 32) * (ulong)bound) >> 32);

    internal long Between(long least, long most) => least + Below((int)(most - least + 1));

    internal bool Chance(int perMille) => Below(1000) < perMille;

    internal byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++)
        {
            bytes[i] = (byte)Next();
        }

        return bytes;
    }
}
