using System.Security.Cryptography;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;
using Quorate.Protocol.Consensus.Simulation;

namespace Quorate.Engine.Panels;

/// <summary>Named members as a consensus group, each with a key of its own, and one client that asks them.</summary>
public sealed class MemberContexts : IDisposable
{
    /// <summary>Asks for decisions, and is no member.</summary>
    public const string ClientName = "engine";

    private readonly IReadOnlyList<ECDsa> _keys;
    private readonly IReadOnlyList<IConsensusCrypto> _cryptos;

    private MemberContexts(OutcomeGroup group, Digest directory, IReadOnlyList<ECDsa> keys, IReadOnlyList<IConsensusCrypto> cryptos, Func<Membership, IProposalValidator> rules, ConsensusOptions options)
    {
        (Group, _keys, _cryptos) = (group, keys, cryptos);
        var membership = new Membership(group.Replicas.Count, group.Faults);
        ConsensusContext[] all = [.. cryptos.Select(c => new ConsensusContext(membership, directory, c, rules(membership), options))];
        (Members, Client) = (all[..^1], all[^1]);
    }

    public IReadOnlyList<string> Names => Group.Replicas;

    /// <summary>In the names' order.</summary>
    public IReadOnlyList<ConsensusContext> Members { get; }

    public ConsensusContext Client { get; }

    /// <summary>The public side; without keys when they are simulated.</summary>
    public OutcomeGroup Group { get; }

    /// <param name="keys">Of the members and of the client.</param>
    /// <param name="group">Name of the group, at most 128 characters.</param>
    /// <param name="names">1 to <see cref="Membership.MaxReplicas"/>; the group tolerates ⌊(n−1)/3⌋ liars.</param>
    /// <param name="rules">What may be decided; called once for each principal.</param>
    /// <param name="options">Bounds and times.</param>
    /// <exception cref="QuorateException">A name that can be no file's name; keys that cannot be read or written.</exception>
    public static MemberContexts Open(IMemberKeys keys, string group, IReadOnlyList<string> names, Func<Membership, IProposalValidator> rules, ConsensusOptions options)
    {
        var opened = keys.Open([.. names, ClientName]);
        var faults = Membership.Largest(names.Count).Faults;
        var directory = KeyDirectory.Create(group, faults, [.. opened.Take(names.Count).Select(P256Crypto.PublicKey)], [P256Crypto.PublicKey(opened[^1])]);
        var described = new OutcomeGroup(group, faults, names, [ClientName], [.. opened.Select(k => k.ExportSubjectPublicKeyInfoPem() + "\n")]);
        return new MemberContexts(described, directory.Hash, opened, [.. opened.Select((key, i) => new P256Crypto(directory, i, key))], rules, options);
    }

    /// <summary>With stand-ins for signatures: for simulations, and no proof to anybody.</summary>
    public static MemberContexts Simulated(string group, IReadOnlyList<string> names, Func<Membership, IProposalValidator> rules, ConsensusOptions options, int seed) =>
        new(new OutcomeGroup(group, Membership.Largest(names.Count).Faults, names, [ClientName], []), SimulatedGroup.Directory, [], SimulatedGroup.Cryptos(names.Count + 1, seed), rules, options);

    public void Dispose()
    {
        foreach (var crypto in _cryptos.OfType<IDisposable>())
        {
            crypto.Dispose();
        }

        foreach (var key in _keys)
        {
            key.Dispose();
        }
    }
}
