using System.Security.Cryptography;
using Quorate.Contracts;
using Quorate.Protocol.Consensus.Crypto;
using Quorate.Protocol.Provenance;

namespace Quorate.Storage.Keys;

/// <summary>Everyone's public keys, and the ids behind the protocol's numbers: replicas 0…n−1, clients from n on.</summary>
public sealed record GroupDirectory(KeyDirectory Directory, IReadOnlyList<string> Replicas, IReadOnlyList<string> Clients)
{
    /// <summary>Everyone, by number.</summary>
    public IReadOnlyList<string> Ids { get; } = [.. Replicas, .. Clients];

    /// <exception cref="QuorateException">id_unknown.</exception>
    public int NumberOf(string id)
    {
        for (var i = 0; i < Ids.Count; i++)
        {
            if (Ids[i] == id)
            {
                return i;
            }
        }

        throw QuorateException.Input("id_unknown", $"the group '{Directory.Name}' has no '{id}'", $"its replicas: {string.Join(", ", Replicas)}");
    }

    /// <summary>The id, or the number in words when nobody has it.</summary>
    public string IdOf(int number) => (uint)number < (uint)Ids.Count ? Ids[number] : $"principal {number}";

    /// <summary>First 16 hex digits of SHA-256 of the SubjectPublicKeyInfo.</summary>
    public string KeyIdOf(int number)
    {
        var point = Directory.Key(number) ?? throw new ArgumentOutOfRangeException(nameof(number));
        using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = point[..32], Y = point[32..] } });
        return SigningKeys.IdOf(key.ExportSubjectPublicKeyInfo());
    }
}

/// <summary>One agent with its own private key.</summary>
public sealed class GroupMember(GroupDirectory group, string id, int number, ECDsa key) : IDisposable
{
    public GroupDirectory Group { get; } = group;

    public string Id { get; } = id;

    /// <summary>The protocol's number for this agent.</summary>
    public int Number { get; } = number;

    public bool IsReplica => Group.Directory.Membership.IsReplica(Number);

    /// <summary>The private key. One at a time may use it; <see cref="CreateCrypto"/> sees to that.</summary>
    public ECDsa Key { get; } = key;

    /// <summary>Signs as this agent and verifies everyone. The caller disposes it, before this.</summary>
    public P256Crypto CreateCrypto() => new(Group.Directory, Number, Key);

    public void Dispose() => Key.Dispose();
}
