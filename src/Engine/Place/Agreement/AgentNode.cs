using Quorate.Contracts.Placing;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Engine.Place.Agreement;

/// <summary>One agent: its replica, its state, what it must not forget, and its watch over the others. Not thread-safe.</summary>
internal sealed class AgentNode
{
    private const string Corrupted = "corrupted";

    private readonly ClusterSpec _cluster;
    private readonly Memo<PlacementRecord> _records;
    private readonly string _run;
    private readonly CertifiedChoices? _choices;
    private readonly IReadOnlyList<Item> _past;
    private readonly List<DurableRecord> _log = [];
    private readonly Dictionary<(int From, string Kind), int> _damaged = [];
    private readonly Dictionary<int, long> _lastWord = [];
    private Request? _question;
    private PlacementRecord? _record;

    public AgentNode(int id, ConsensusContext context, ClusterSpec cluster, string run, (Memo<PlacementRecord> Records, Memo<Ballot> Ballots) read, CertifiedChoices? choices, long now, IReadOnlyList<Item> past)
    {
        (Id, Context, _cluster, _run, _records, _choices, _past) = (id, context, cluster, run, read.Records, choices, past);
        Audit = new BallotAudit(context, cluster, read.Ballots);
        State = Begin();
        Machine = new Replica(id, context, State, [], now);
    }

    public int Id { get; }

    public ConsensusContext Context { get; }

    public PlacementState State { get; private set; }

    /// <summary>Null while the agent is down.</summary>
    public Replica? Machine { get; private set; }

    public BallotAudit Audit { get; }

    public List<Finding> Findings { get; } = [];

    /// <summary>All that was in memory is gone; what was made durable is not.</summary>
    public void Crash()
    {
        (Machine, _question, _record) = (null, null, null);
    }

    public void Start(long now)
    {
        State = Begin();
        Machine = new Replica(Id, Context, State, _log, now);
    }

    public void Keep(DurableRecord record)
    {
        if (record.IsCheckpoint)
        {
            _log.Clear();
            _log.AddRange(Machine!.DurableRecords());
        }
        else
        {
            _log.Add(record);
        }
    }

    /// <summary>A message as it came over a link; what is damaged or forged speaks against the link. False: the agent is down, or could not read it.</summary>
    public bool Receive(int from, byte[] bytes, long now)
    {
        if (Machine is not { } machine)
        {
            return false;
        }

        if (!MessageCodec.TryDecode(bytes, out var message))
        {
            Count(from, Corrupted);
            return false;
        }

        machine.Receive(from, message, now);
        if (message is Opinion opinion && Context.Membership.IsReplica(opinion.Author) && MessageVerifier.Verify(Context, opinion) == Verdict.Valid)
        {
            Findings.AddRange(Audit.Note(opinion));
        }

        Hear(machine, message);
        if (message.Verdict != Verdict.InvalidSignature)
        {
            return true;
        }

        var isForged = message is Opinion claimed && claimed.Author != from;
        Count(from, isForged ? "forged_signature" : Corrupted);
        return isForged;
    }

    /// <summary>A question to answer; it waits until the agent knows the state that it follows.</summary>
    public void Want(Request question, PlacementRecord? record) => (_question, _record) = (question, record);

    /// <summary>The question, once it can be answered; null: there is none, or this agent is still behind.</summary>
    public (Digest Subject, PlacementRecord Record)? TakeQuestion()
    {
        if (_question is null || _record is null || _record.State != State.Chain || !_record.Quarantined.SequenceEqual(State.Quarantined))
        {
            return null;
        }

        var taken = (_question.Digest(Context.Crypto), _record);
        Findings.AddRange(Audit.Expect(taken.Item1, _record, State));
        (_question, _record) = (null, null);
        return taken;
    }

    /// <summary>Signs a ballot on what was decided without it: it carries nothing any more, but shows that the agent is there, and what it says.</summary>
    public void SignLate(Digest subject, byte[] ballot)
    {
        // A second signature on one question would convict it.
        if (Audit.OpinionsOn(subject).All(o => o.Author != Id))
        {
            var statement = new Statement(StatementKind.Opinion, 0, 0, subject, Context.Crypto.Hash(ballot));
            Findings.AddRange(Audit.Note(new Opinion(subject, Id, ballot, statement.Sign(Context.Crypto, Context.Directory))));
        }
    }

    /// <summary>The last round in which an agent signed anything, a ballot or its part in the agreement; 0: none.</summary>
    public long LastHeardOf(int agent) => Math.Max(Audit.LastBallotOf(agent), _lastWord.GetValueOrDefault(agent));

    /// <summary>Whether this agent, by what it has seen itself, agrees to a change.</summary>
    public bool Agrees(PlacementRecord record, MembershipChange change)
    {
        var agent = _cluster.NumberOf(change.Agent);
        return change.Change switch
        {
            MembershipChanges.Withdraw => agent != Id && LastHeardOf(agent) < record.Round - MembershipChanges.Patience,
            MembershipChanges.Restore => agent == Id || LastHeardOf(agent) >= record.Round - 1,
            MembershipChanges.Quarantine => Audit.LastLieOf(agent) > 0,
            _ => Audit.LastLieOf(agent) < record.Round - MembershipChanges.Probation && Audit.LastBallotOf(agent) >= record.Round - 1,
        };
    }

    /// <summary>What the links brought that nobody signed so, since the last call.</summary>
    public IEnumerable<(int From, string Kind, int Count)> TakeDamaged()
    {
        var taken = _damaged.Select(d => (d.Key.From, d.Key.Kind, d.Value)).ToList();
        _damaged.Clear();
        return taken;
    }

    // Who keeps its ballots to itself but agrees with the others is there, and so are its nodes. Only votes on the newest sequence numbers
    // are fresh: nobody could have kept them from an earlier round.
    private void Hear(Replica machine, Message message)
    {
        if (message is Vote { Kind: MessageKind.Prepare or MessageKind.Commit } vote && vote.Sequence >= machine.Executed && Context.Membership.IsReplica(vote.Replica))
        {
            var round = vote.Sequence > machine.Executed ? State.Round + 1 : State.Round;
            if (LastHeardOf(vote.Replica) < round && MessageVerifier.Verify(Context, vote) == Verdict.Valid)
            {
                _lastWord[vote.Replica] = round;
            }
        }
    }

    /// <summary>Where the group begins: empty, or where the parts of the run before it led to.</summary>
    private PlacementState Begin()
    {
        var state = new PlacementState(_cluster, _run, _records) { Choices = _choices };
        foreach (var item in _past)
        {
            state.Apply(0, item);
        }

        return state;
    }

    private void Count(int from, string kind) => _damaged[(from, kind)] = _damaged.GetValueOrDefault((from, kind)) + 1;
}
