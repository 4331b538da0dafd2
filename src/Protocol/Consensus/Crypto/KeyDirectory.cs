using System.Security.Cryptography;
using Quorate.Contracts;

namespace Quorate.Protocol.Consensus.Crypto;

/// <summary>
/// The public keys of a group, public itself. Its hash is part of every signature and certificate, so a decision of
/// one group is none of another's.
/// </summary>
public sealed class KeyDirectory
{
    /// <summary>Bytes of a P-256 public point, X then Y.</summary>
    public const int KeySize = 64;

    /// <summary>Most clients a directory may name.</summary>
    public const int MaxClients = 65_536;

    private readonly byte[][] keys;

    private KeyDirectory(string name, Membership membership, byte[][] keys)
    {
        Name = name;
        Membership = membership;
        this.keys = keys;
        Hash = Digest.Read(SHA256.HashData(Encode()));
    }

    public string Name { get; }

    public Membership Membership { get; }

    /// <summary>Replicas and clients.</summary>
    public int Count => keys.Length;

    public Digest Hash { get; }

    /// <param name="name">Name of the group, at most 128 characters.</param>
    /// <param name="faults">How many replicas may lie.</param>
    /// <param name="replicas">Public points of the replicas, in their order; 64 bytes each.</param>
    /// <param name="clients">Public points of the clients, numbered from n on.</param>
    /// <exception cref="QuorateException">n and f that don't fit, a key of a wrong size or not on the curve, or a key named twice.</exception>
    public static KeyDirectory Create(string name, int faults, IReadOnlyList<byte[]> replicas, IReadOnlyList<byte[]>? clients = null)
    {
        var membership = new Membership(replicas.Count, faults);
        byte[][] all = [.. replicas, .. clients ?? []];
        if (name.Length > 128 || all.Length > MaxClients)
        {
            throw QuorateException.Input("directory_too_large", $"the key directory '{name}' has a name of {name.Length} characters and {all.Length} keys; 128 and {MaxClients} are allowed");
        }

        var seen = new HashSet<Digest>();
        for (var i = 0; i < all.Length; i++)
        {
            Check(name, i, all[i]);
            if (!seen.Add(Digest.Read(SHA256.HashData(all[i]))))
            {
                throw QuorateException.Input("key_named_twice", $"key {i} of the directory '{name}' is named twice", "every principal needs a key of its own");
            }
        }

        return new KeyDirectory(name, membership, all);
    }

    public byte[]? Key(int principal) => (uint)principal < (uint)keys.Length ? keys[principal] : null;

    /// <summary>Canonical bytes, the file form of the directory.</summary>
    public byte[] Encode()
    {
        var writer = new WireWriter();
        writer.Bytes("quorate/keys/v1"u8);
        writer.Bytes(System.Text.Encoding.UTF8.GetBytes(Name));
        writer.I32(Membership.Replicas);
        writer.I32(Membership.Faults);
        writer.I32(keys.Length);
        foreach (var key in keys)
        {
            writer.Raw(key);
        }

        return writer.ToArray();
    }

    /// <exception cref="QuorateException">Bytes that are no directory.</exception>
    public static KeyDirectory Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        var domain = reader.Bytes(16);
        var name = reader.Bytes(512);
        var (replicas, faults) = (reader.I32(), reader.I32());
        var count = reader.Count(MaxClients, KeySize);
        var all = new byte[count][];
        for (var i = 0; i < count; i++)
        {
            all[i] = reader.Raw(KeySize);
        }

        if (!reader.Finished || !domain.AsSpan().SequenceEqual("quorate/keys/v1"u8) || replicas > count || replicas < 0)
        {
            throw QuorateException.Input("directory_malformed", "these bytes are no key directory");
        }

        return Create(System.Text.Encoding.UTF8.GetString(name), faults, all[..replicas], all[replicas..]);
    }

    private static void Check(string name, int index, byte[] key)
    {
        if (key.Length == KeySize)
        {
            try
            {
                using var point = P256Crypto.Import(key);
                return;
            }
            catch (CryptographicException)
            {
                // Reported below with the key's number.
            }
        }

        throw QuorateException.Input("key_wrong", $"key {index} of the directory '{name}' is no P-256 point ({key.Length} bytes; {KeySize} are needed: X, then Y)");
    }
}
