using System.Security.Cryptography;
using System.Text;
using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Engine.Panels;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Engine.Ask.Certificates;

/// <summary>
/// Has the members that took part agree on the outcome by consensus, each with its own key: a member accepts a record that
/// holds its own answer unchanged and whose parts agree. Each outcome is decided by a group of its own, named after the
/// job, so no two outcomes can contradict each other's signatures.
/// </summary>
public sealed class OutcomeCertifier(IMemberKeys keys)
{
    /// <summary>Asks for the outcome, and is no member.</summary>
    public const string Client = "engine";

    private const int MaxRounds = 200;
    private static readonly ConsensusOptions Options = new() { CheckpointInterval = 4, Window = 16, Clients = 1 };

    public static string GroupOf(string jobId) => "outcome-" + jobId;

    /// <param name="outcome">To be signed.</param>
    /// <param name="answers">The answer of each member that took part, by name.</param>
    /// <param name="cancellationToken">Ends it without a certificate.</param>
    /// <returns>Null when nobody took part, or they do not accept the record.</returns>
    /// <exception cref="QuorateException">The members' keys cannot be used, or the record is too large.</exception>
    public async Task<OutcomeCertificate?> CertifyAsync(OutcomeRecord outcome, IReadOnlyDictionary<string, string> answers, CancellationToken cancellationToken)
    {
        var names = answers.Keys.Order(StringComparer.Ordinal).Take(Membership.MaxReplicas).ToList();
        var payload = outcome.ToBytes();
        if (names.Count == 0)
        {
            return null;
        }

        if (payload.Length > OutcomeRecord.MaxBytes)
        {
            throw QuorateException.Input("outcome_too_large", $"the outcome has {payload.Length} bytes; at most {OutcomeRecord.MaxBytes} can be certified");
        }

        var opened = keys.Open([.. names, Client]);
        var membership = Membership.Largest(names.Count);
        var directory = KeyDirectory.Create(GroupOf(outcome.JobId), membership.Faults, [.. opened.Take(names.Count).Select(P256Crypto.PublicKey)], [P256Crypto.PublicKey(opened[^1])]);
        var cryptos = opened.Select((key, i) => new P256Crypto(directory, i, key)).ToList();
        try
        {
            var contexts = cryptos.ConvertAll(c => new ConsensusContext(membership, directory.Hash, c, new OutcomeRules(membership), Options));
            var members = names.Select((name, i) => new PanelMember(name, bytes => Opinion(bytes.Span, name, answers[name]), contexts[i])).ToList();
            return await DecideAsync(members, contexts[^1], payload, cancellationToken) is { } certificate ? Describe(certificate, payload, directory.Name, names, opened) : null;
        }
        finally
        {
            cryptos.ForEach(c => c.Dispose());
            foreach (var key in opened)
            {
                key.Dispose();
            }
        }
    }

    private static byte[] Opinion(ReadOnlySpan<byte> question, string name, string answer) =>
        (OutcomeRecord.TryParse(question) is { } record && record.FindProblem() is null && record.Members.FirstOrDefault(m => m.Model == name)?.AnswerHash == TextHash.Of(answer)
            ? OutcomeRules.Accept : OutcomeRules.Refuse).ToArray();

    private static async Task<QuorumCertificate?> DecideAsync(IReadOnlyList<PanelMember> members, ConsensusContext client, byte[] payload, CancellationToken cancellationToken)
    {
        var replicas = new PanelReplicas(members, new ForgetfulLog(), 0);
        var request = Request.Sign(client.Crypto, client.Directory, client.Membership.Replicas, 1, RequestKind.Question, payload);
        var question = request.Digest(client.Crypto);
        replicas.Ask(request);
        // Time passes only when nothing else happens: members of one process need no clock.
        long now = 0;
        for (var round = 0; round < MaxRounds && !replicas.Decided.ContainsKey(question); round++)
        {
            now = replicas.IsQuiet ? Math.Max(now, replicas.Deadline) : now;
            await replicas.RoundAsync(now, cancellationToken);
        }

        return replicas.Decided.TryGetValue(question, out var decided) && decided.Item.Outcome.AsSpan().SequenceEqual(OutcomeRules.Accept) ? decided.Certificate : null;
    }

    private static OutcomeCertificate Describe(QuorumCertificate certificate, byte[] payload, string group, List<string> names, IReadOnlyList<ECDsa> opened) => new()
    {
        OutcomeHash = Convert.ToHexStringLower(SHA256.HashData(payload)),
        Outcome = QuorateJson.Deserialize<System.Text.Json.JsonElement>(Encoding.UTF8.GetString(payload)),
        Signers = [.. certificate.Commits.Select(c => names[c.Signer])],
        Text = CertificateText.Write(certificate),
        Group = new OutcomeGroup(group, Membership.Largest(names.Count).Faults, names, [Client], [.. opened.Select(k => k.ExportSubjectPublicKeyInfoPem() + "\n")]),
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
