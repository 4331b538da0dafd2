using System.Security.Cryptography;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Engine.Panels;

/// <summary>Named members as a consensus group, each with a key of its own, and one client that asks them.</summary>
public sealed class MemberContexts : IDisposable
{
    /// <summary>Asks for decisions, and is no member.</summary>
    public const string ClientName = "engine";

    private readonly IReadOnlyList<ECDsa> _keys;
    private readonly KeyDirectory _directory;
    private readonly List<P256Crypto> _cryptos;

    private MemberContexts(string group, IReadOnlyList<string> names, IReadOnlyList<ECDsa> keys, Func<Membership, IProposalValidator> rules, ConsensusOptions options)
    {
        var membership = Membership.Largest(names.Count);
        (Names, _keys) = (names, keys);
        _directory = KeyDirectory.Create(group, membership.Faults, [.. keys.Take(names.Count).Select(P256Crypto.PublicKey)], [P256Crypto.PublicKey(keys[^1])]);
        _cryptos = [.. keys.Select((key, i) => new P256Crypto(_directory, i, key))];
        ConsensusContext[] all = [.. _cryptos.Select(c => new ConsensusContext(membership, _directory.Hash, c, rules(membership), options))];
        (Members, Client) = (all[..^1], all[^1]);
    }

    public IReadOnlyList<string> Names { get; }

    /// <summary>In the names' order.</summary>
    public IReadOnlyList<ConsensusContext> Members { get; }

    public ConsensusContext Client { get; }

    /// <summary>The public side.</summary>
    public OutcomeGroup Group => new(_directory.Name, _directory.Membership.Faults, Names, [ClientName], [.. _keys.Select(k => k.ExportSubjectPublicKeyInfoPem() + "\n")]);

    /// <param name="keys">Of the members and of the client.</param>
    /// <param name="group">Name of the group, at most 128 characters.</param>
    /// <param name="names">1 to <see cref="Membership.MaxReplicas"/>; the group tolerates ⌊(n−1)/3⌋ liars.</param>
    /// <param name="rules">What may be decided; called once for each principal.</param>
    /// <param name="options">Bounds and times.</param>
    /// <exception cref="QuorateException">A name that can be no file's name; keys that cannot be read or written.</exception>
    public static MemberContexts Open(IMemberKeys keys, string group, IReadOnlyList<string> names, Func<Membership, IProposalValidator> rules, ConsensusOptions options) =>
        new(group, names, keys.Open([.. names, ClientName]), rules, options);

    public void Dispose()
    {
        _cryptos.ForEach(c => c.Dispose());
        foreach (var key in _keys)
        {
            key.Dispose();
        }
    }
}
