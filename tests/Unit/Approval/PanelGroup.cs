using Quorate.Engine.Approval;
using Quorate.Engine.Approval.Reviewers;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;
using Quorate.Protocol.Consensus.Simulation;

namespace Quorate.Tests.Unit.Approval;

/// <summary>How the one lying member of a panel lies.</summary>
public enum Lie
{
    None,

    /// <summary>It votes the opposite of what its rules say.</summary>
    Opposite,

    /// <summary>It signs both votes and shows each to half of the others.</summary>
    Equivocate,
    Silent,

    /// <summary>What it sends carries signatures that are none.</summary>
    Garbage,
}

/// <summary>
/// A panel's four real replicas under a seeded order of messages and virtual time; every message travels as bytes.
/// At most one member lies, as a replica too.
/// </summary>
internal sealed class PanelGroup : IDisposable
{
    private const int Members = 4;
    private const int MaxSteps = 20_000;

    private readonly SimulatedRandom _random;
    private readonly SimulatedKeys _keys;
    private readonly ConsensusContext[] _contexts;
    private readonly Replica[] _replicas;
    private readonly IReadOnlyList<IReviewer> _reviewers;
    private readonly int _liar;
    private readonly Lie _lie;
    private readonly List<(int From, int To, byte[] Bytes)> _wire = [];
    private readonly Dictionary<Digest, (ApprovalDecision Decision, int By)> _decided = [];
    private ulong _asked;
    private long _now = 1;

    public PanelGroup(ulong seed, int liar = -1, Lie lie = Lie.None, bool realKeys = false, IReadOnlyList<IReviewer>? reviewers = null)
    {
        _random = new SimulatedRandom(seed);
        (_liar, _lie) = (liar, lie);
        var membership = new Membership(Members, 1);
        _keys = new SimulatedKeys(realKeys, membership, 1, _random);
        var options = new ConsensusOptions { CheckpointInterval = 4, Window = 16 };
        _contexts = [.. Enumerable.Range(0, Members + 1).Select(i => new ConsensusContext(membership, _keys.Directory, _keys.Crypto(i), new ApprovalRules(membership), options))];
        _replicas = [.. Enumerable.Range(0, Members).Select(i => new Replica(i, _contexts[i], new NoState()))];
        _reviewers = reviewers ?? Panel(new ApprovalPolicy());
    }

    public ApprovalVerifier Verifier => new(_contexts[0].Membership, _contexts[0].Directory, _contexts[Members].Crypto);

    /// <summary>Proven lies, by the accused.</summary>
    public List<Evidence> Proven { get; } = [];

    /// <summary>By replica number; the client's last.</summary>
    public IReadOnlyList<ConsensusContext> Contexts => _contexts;

    /// <summary>The context of the client, who signs as no replica.</summary>
    public ConsensusContext Client => _contexts[Members];

    public static IReadOnlyList<IReviewer> Panel(ApprovalPolicy policy) =>
        [new PolicyReviewer(policy), new EvidenceReviewer(policy), new BlastRadiusReviewer(policy), new InverseReviewer(policy)];

    /// <summary>What the first honest replica decided; null when the group did not decide within the bound.</summary>
    public ApprovalDecision? Decide(ReviewRecord record)
    {
        var client = _contexts[Members];
        var request = Request.Sign(client.Crypto, client.Directory, Members, ++_asked, RequestKind.Question, record.ToBytes());
        var subject = request.Digest(client.Crypto);
        for (var i = 0; i < Members; i++)
        {
            _wire.Add((Members, i, request.Encoded.ToArray()));
        }

        for (var step = 0; step < MaxSteps && !_decided.ContainsKey(subject); step++)
        {
            if (_wire.Count == 0)
            {
                Tick();
            }
            else
            {
                Deliver(_random.Below(_wire.Count));
            }
        }

        return _decided.TryGetValue(subject, out var found) ? found.Decision : null;
    }

    public void Dispose() => _keys.Dispose();

    private void Deliver(int index)
    {
        var (from, to, bytes) = _wire[index];
        _wire[index] = _wire[^1];
        _wire.RemoveAt(_wire.Count - 1);
        _replicas[to].Receive(from, bytes, _now);
        Drain(to);
    }

    private void Tick()
    {
        _now = Math.Max(_now + 1, _replicas.Min(r => r.Deadline));
        foreach (var replica in _replicas.Where(r => r.Deadline <= _now))
        {
            replica.Tick(_now);
            Drain(replica.Id);
        }
    }

    private void Drain(int id)
    {
        while (_replicas[id].Outputs.Count > 0)
        {
            var outputs = _replicas[id].Outputs.ToArray();
            _replicas[id].Outputs.Clear();
            foreach (var output in outputs)
            {
                Handle(id, output);
            }
        }
    }

    private void Handle(int id, Output output)
    {
        switch (output.Content)
        {
            case Evidence evidence when id != _liar:
                Proven.Add(evidence);
                break;
            case Decision decision when id != _liar:
                Note(decision);
                break;
            case Request question when output.Kind == OutputKind.OpinionWanted:
                _replicas[id].SubmitOpinion(question.Digest(_contexts[id].Crypto), OpinionOf(id, question), _now);
                break;
            case Message message when output.Kind is OutputKind.Send or OutputKind.Broadcast:
                foreach (var to in Enumerable.Range(0, Members).Where(i => i != id && (output.Kind == OutputKind.Broadcast || output.To == i)))
                {
                    Send(id, to, message);
                }

                break;
        }
    }

    private byte[] OpinionOf(int id, Request question)
    {
        var opinion = _reviewers[id].Review(ReviewRecord.TryParse(question.Payload)!);
        return (id == _liar && _lie == Lie.Opposite ? new ReviewOpinion(!opinion.Approves, "as I like") : opinion).ToBytes();
    }

    private void Send(int from, int to, Message message)
    {
        if (from == _liar)
        {
            if (_lie == Lie.Silent)
            {
                return;
            }

            message = Twist(to, message);
        }

        _wire.Add((from, to, message.Encoded.ToArray()));
    }

    private Message Twist(int to, Message message) => (_lie, message) switch
    {
        (Lie.Equivocate, Opinion own) when own.Author == _liar && to % 2 == 0 => Opinion.Sign(
            _contexts[_liar].Crypto, _contexts[_liar].Directory, own.Subject, _liar, new ReviewOpinion(!ReviewOpinion.TryParse(own.Value)!.Approves, "as you like").ToBytes()),
        (Lie.Garbage, Opinion own) => new Opinion(own.Subject, own.Author, own.Value, _random.Bytes(own.Signature.Length)),
        (Lie.Garbage, Vote vote) => new Vote(vote.Kind, vote.View, vote.Sequence, vote.Digest, vote.Replica, _random.Bytes(vote.Signature.Length)),
        (Lie.Garbage, PrePrepare proposal) => new PrePrepare(proposal.View, proposal.Sequence, proposal.Digest, proposal.Batch, _random.Bytes(proposal.Signature.Length)),
        _ => message,
    };

    private void Note(Decision decision)
    {
        for (var i = 0; i < decision.Proof.Batch.Items.Count; i++)
        {
            var item = decision.Proof.Batch.Items[i];
            var certificate = QuorumCertificate.For(Client, decision.Proof, i);
            _decided.TryAdd(item.Request.Digest(Client.Crypto), (ApprovalDecisions.Of(item, certificate, [.. _reviewers.Select(r => r.Name)], new Dictionary<int, byte[]>(), []), 0));
        }
    }

    private sealed class NoState : IReplicatedState
    {
        public byte[] Apply(ulong sequence, Item item) => item.Outcome;

        public byte[] Snapshot() => [];

        public bool Restore(ReadOnlySpan<byte> snapshot) => snapshot.IsEmpty;
    }
}
