using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Engine.Panels;

/// <summary>
/// The replicas of a panel in one process, one per member and each with a key of its own. They meet in rounds: what a
/// round persisted is made durable at once, then its messages, as bytes, are the next round. Not thread-safe.
/// </summary>
internal sealed class PanelReplicas
{
    private readonly IReadOnlyList<PanelMember> _members;
    private readonly Replica[] _replicas;
    private readonly IPanelLog _log;
    private readonly Dictionary<Digest, Dictionary<int, byte[]>> _opinions = [];
    private List<(int From, int To, byte[] Bytes)> _wire = [];

    public PanelReplicas(IReadOnlyList<PanelMember> members, IPanelLog log, long now)
    {
        (_members, _log) = (members, log);
        _replicas = [.. members.Select((m, i) => new Replica(i, m.Context, new Stateless(), log.Entries.Where(e => e.Replica == i).Select(e => e.Record!), now))];
    }

    /// <summary>Decisions by the digest of their question.</summary>
    public Dictionary<Digest, (Item Item, QuorumCertificate Certificate)> Decided { get; } = [];

    public List<Evidence> Faults { get; } = [];

    /// <summary>What the members answered, in time or not.</summary>
    public IReadOnlyDictionary<int, byte[]> OpinionsOn(Digest question) => _opinions.GetValueOrDefault(question) ?? [];

    public bool IsQuiet => _wire.Count == 0 && _replicas.All(r => r.Outputs.Count == 0);

    public long Deadline => _replicas.Min(r => r.Deadline);

    public void Ask(Request request)
    {
        foreach (var replica in _replicas)
        {
            _wire.Add((request.Client, replica.Id, request.Encoded.ToArray()));
        }
    }

    public async Task RoundAsync(long now, CancellationToken cancellationToken)
    {
        var arrived = _wire;
        _wire = [];
        foreach (var (from, to, bytes) in arrived)
        {
            _replicas[to].Receive(from, bytes, now);
        }

        foreach (var replica in _replicas.Where(r => r.Deadline <= now))
        {
            replica.Tick(now);
        }

        var kept = new List<PanelEntry>();
        foreach (var replica in _replicas)
        {
            Take(replica, kept, now);
        }

        if (kept.Count > 0)
        {
            await _log.AppendAsync(kept, cancellationToken);
        }
    }

    public IReadOnlyList<PanelEntry> Everything(ulong lastAsked) =>
        [new PanelEntry(-1, null, lastAsked), .. _replicas.SelectMany(r => r.DurableRecords().Select(record => new PanelEntry(r.Id, record, 0)))];

    private void Take(Replica replica, List<PanelEntry> kept, long now)
    {
        while (replica.Outputs.Count > 0)
        {
            var outputs = replica.Outputs.ToArray();
            replica.Outputs.Clear();
            foreach (var output in outputs)
            {
                Take(replica, output, kept, now);
            }
        }
    }

    private void Take(Replica replica, Output output, List<PanelEntry> kept, long now)
    {
        switch (output.Content)
        {
            case DurableRecord record:
                kept.Add(new PanelEntry(replica.Id, record, 0));
                break;
            case Evidence evidence:
                Faults.Add(evidence);
                break;
            case Decision decision:
                Note(_members[replica.Id].Context, decision);
                break;
            case Request question when output.Kind == OutputKind.OpinionWanted:
                Answer(replica, question, now);
                break;
            case Message message when output.Kind is OutputKind.Send or OutputKind.Broadcast:
                _wire.AddRange(_replicas.Where(r => r.Id != replica.Id && (output.Kind == OutputKind.Broadcast || r.Id == output.To)).Select(r => (replica.Id, r.Id, message.Encoded.ToArray())));
                break;
        }
    }

    private void Answer(Replica replica, Request question, long now)
    {
        var member = _members[replica.Id];
        var subject = question.Digest(member.Context.Crypto);
        if (!_opinions.TryGetValue(subject, out var given))
        {
            _opinions[subject] = given = [];
        }

        given[replica.Id] = member.Opinion(question.Payload);
        replica.SubmitOpinion(subject, given[replica.Id], now);
    }

    private void Note(ConsensusContext context, Decision decision)
    {
        for (var i = 0; i < decision.Proof.Batch.Items.Count; i++)
        {
            var item = decision.Proof.Batch.Items[i];
            Decided.TryAdd(item.Request.Digest(context.Crypto), (item, QuorumCertificate.For(context, decision.Proof, i)));
        }
    }

    /// <summary>The panel decides questions; nothing is accumulated.</summary>
    private sealed class Stateless : IReplicatedState
    {
        public byte[] Apply(ulong sequence, Item item) => item.Outcome;

        public byte[] Snapshot() => [];

        public bool Restore(ReadOnlySpan<byte> snapshot) => snapshot.IsEmpty;
    }
}

/// <summary>One member of a panel.</summary>
/// <param name="Name">For people.</param>
/// <param name="Opinion">Of the bytes of a question; pure.</param>
/// <param name="Context">Signs as the member's replica.</param>
public sealed record PanelMember(string Name, Func<ReadOnlyMemory<byte>, byte[]> Opinion, ConsensusContext Context);
