using System.Security.Cryptography;
using Quorate.Contracts;

namespace Quorate.Protocol.Consensus.Crypto;

/// <summary>ECDSA on P-256 with SHA-256 (FIPS 186-5), signatures as r then s, 64 bytes; SHA-256 as the hash.</summary>
public sealed class P256Crypto : IConsensusCrypto, IDisposable
{
    private readonly ECDsa? own;
    private readonly KeyDirectory directory;
    private readonly ECDsa?[] keys;

    /// <param name="directory">Whose signatures can be verified.</param>
    /// <param name="self">Number of the principal that signs; −1 to verify only.</param>
    /// <param name="privateKey">Its private key; must fit the directory's public one. Ownership stays with the caller.</param>
    /// <exception cref="QuorateException">The private key is not the one that the directory names.</exception>
    public P256Crypto(KeyDirectory directory, int self = -1, ECDsa? privateKey = null)
    {
        if (self >= 0 && (privateKey is null || directory.Key(self) is not { } named || !named.AsSpan().SequenceEqual(PublicKey(privateKey))))
        {
            throw QuorateException.Input("key_wrong", $"the private key is not that of principal {self} in the key directory '{directory.Name}'", "give the key that belongs to this agent, or the directory that names it");
        }

        own = privateKey;
        this.directory = directory;
        keys = new ECDsa?[directory.Count];
    }

    public int SignatureLength => 64;

    public byte[] Sign(ReadOnlySpan<byte> statement)
    {
        if (own is null)
        {
            throw new InvalidOperationException("a verifier has no key to sign with");
        }

        // One ECDSA object is not safe for concurrent use.
        lock (own)
        {
            return own.SignData(statement, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
    }

    public bool Verify(int signer, ReadOnlySpan<byte> statement, ReadOnlySpan<byte> signature)
    {
        if ((uint)signer >= (uint)keys.Length || signature.Length != SignatureLength)
        {
            return false;
        }

        Span<byte> hash = stackalloc byte[Digest.Size];
        SHA256.HashData(statement, hash);
        var key = Volatile.Read(ref keys[signer]) ?? FirstUse(signer);
        lock (key)
        {
            return key.VerifyHash(hash, signature, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
    }

    public Digest Hash(ReadOnlySpan<byte> data)
    {
        Span<byte> hash = stackalloc byte[Digest.Size];
        SHA256.HashData(data, hash);
        return Digest.Read(hash);
    }

    /// <summary>X then Y of the public point, 64 bytes.</summary>
    public static byte[] PublicKey(ECDsa key)
    {
        var point = key.ExportParameters(false).Q;
        return [.. point.X!, .. point.Y!];
    }

    public void Dispose()
    {
        foreach (var key in keys)
        {
            key?.Dispose();
        }
    }

    // Most processes hear from few of the many clients that a directory may name.
    private ECDsa FirstUse(int signer)
    {
        lock (keys)
        {
            return keys[signer] ??= Import(directory.Key(signer)!);
        }
    }

    internal static ECDsa Import(byte[] point) => ECDsa.Create(new ECParameters
    {
        Curve = ECCurve.NamedCurves.nistP256,
        Q = new ECPoint { X = point[..32], Y = point[32..] },
    });
}
