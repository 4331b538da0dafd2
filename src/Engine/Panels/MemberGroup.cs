using System.Security.Cryptography;
using System.Text;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Protocol.Consensus;

namespace Quorate.Engine.Panels;

/// <summary>
/// Named members as one consensus group in this process, each with a key of its own, for one record: a group lives for a
/// single decision and is named after it, so no two decisions can contradict each other's signatures.
/// </summary>
public sealed class MemberGroup : IDisposable
{
    private const int MaxRounds = 200;
    private static readonly ConsensusOptions Options = new() { CheckpointInterval = 4, Window = 16, Clients = 1 };

    private readonly MemberContexts _contexts;

    private MemberGroup(MemberContexts contexts) => _contexts = contexts;

    /// <param name="keys">Of the members and of the client.</param>
    /// <param name="group">Name of the group, at most 128 characters.</param>
    /// <param name="names">1 to <see cref="Membership.MaxReplicas"/>; the group tolerates ⌊(n−1)/3⌋ liars.</param>
    /// <param name="findProblem">Null for bytes that are a right record; depends on the bytes alone.</param>
    /// <exception cref="QuorateException">A name that can be no file's name; keys that cannot be read or written.</exception>
    public static MemberGroup Open(IMemberKeys keys, string group, IReadOnlyList<string> names, Func<ReadOnlyMemory<byte>, string?> findProblem) =>
        new(MemberContexts.Open(keys, group, names, membership => new AcceptanceRules(membership, findProblem), Options));

    /// <summary>Puts a record before the members.</summary>
    /// <param name="record">Canonical bytes.</param>
    /// <param name="accepts">Whether a member, by name, accepts it.</param>
    /// <param name="cancellationToken">Ends it without a certificate.</param>
    /// <returns>Null when no quorum accepts the record.</returns>
    public async Task<OutcomeCertificate?> CertifyAsync(byte[] record, Func<string, ReadOnlyMemory<byte>, bool> accepts, CancellationToken cancellationToken)
    {
        var members = _contexts.Names.Select((name, i) => new PanelMember(name, bytes => (accepts(name, bytes) ? AcceptanceRules.Accept : AcceptanceRules.Refuse).ToArray(), _contexts.Members[i])).ToList();
        var client = _contexts.Client;
        var replicas = new PanelReplicas(members, new ForgetfulLog(), 0);
        var request = Request.Sign(client.Crypto, client.Directory, client.Membership.Replicas, 1, RequestKind.Question, record);
        var question = request.Digest(client.Crypto);
        replicas.Ask(request);
        // Time passes only when nothing else happens: members of one process need no clock.
        long now = 0;
        for (var round = 0; round < MaxRounds && !replicas.Decided.ContainsKey(question); round++)
        {
            now = replicas.IsQuiet ? Math.Max(now, replicas.Deadline) : now;
            await replicas.RoundAsync(now, cancellationToken);
        }

        return replicas.Decided.TryGetValue(question, out var decided) && decided.Item.Outcome.AsSpan().SequenceEqual(AcceptanceRules.Accept) ? Describe(decided.Certificate, record) : null;
    }

    public void Dispose() => _contexts.Dispose();

    private OutcomeCertificate Describe(QuorumCertificate certificate, byte[] record) => new()
    {
        OutcomeHash = Convert.ToHexStringLower(SHA256.HashData(record)),
        Outcome = QuorateJson.Deserialize<System.Text.Json.JsonElement>(Encoding.UTF8.GetString(record)),
        Signers = [.. certificate.Commits.Select(c => _contexts.Names[c.Signer])],
        Text = CertificateText.Write(certificate),
        Group = _contexts.Group,
    };

    /// <summary>The group lives for one decision, so there is nothing to remember.</summary>
    private sealed class ForgetfulLog : IPanelLog
    {
        public IReadOnlyList<PanelEntry> Entries => [];

        public Task AppendAsync(IReadOnlyList<PanelEntry> entries, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task CompactAsync(Func<IReadOnlyList<PanelEntry>> entries, CancellationToken cancellationToken) => Task.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
