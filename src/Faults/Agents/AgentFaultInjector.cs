using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Agreement;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;
using Quorate.Protocol.Messaging;

namespace Quorate.Faults.Agents;

/// <summary>Makes agents lie, crash, dawdle and stammer, and cuts them off: between them and the group, from a plan and a seed. The same seed gives the same faults in the same rounds; what a liar says also depends on which messages come first.</summary>
public sealed class AgentFaultInjector : IAgentFaults
{
    /// <summary>Chance that a message of an agent under corruption is damaged.</summary>
    private const double Damage = 0.5;

    private readonly AgentFaultPlan _plan;
    private readonly ClusterSpec _cluster;
    private readonly Random _random;
    private readonly AgentFaultSchedule _schedule;

    // Of its own, so that how often links are used changes nothing else; and what other threads wait for.
    private readonly Random _links;
    private long _round;

    /// <param name="plan">What may happen.</param>
    /// <param name="cluster">To whom.</param>
    /// <param name="seed">Of everything drawn; any number.</param>
    public AgentFaultInjector(AgentFaultPlan plan, ClusterSpec cluster, int seed)
    {
        (_plan, _cluster, _random, _links) = (plan, cluster, new Random(seed), new Random(~seed));
        _schedule = new AgentFaultSchedule(plan, cluster, seed);
    }

    public IReadOnlyList<InjectedFault> Injected => [.. _schedule.All.Select(f => new InjectedFault(f.Name, f.Kind, f.Round, f.Until, null))];

    public void BeginRound(PlacementRecord record)
    {
        lock (_links)
        {
            _round = record.Round;
            _schedule.BeginRound(record.Round, mayDraw: record.Proposals.Count > 0);
        }
    }

    public bool IsDown(int agent, int delivered) => Find(agent, AgentFaultKinds.Crash) is { } crash && (_round > crash.Round || delivered >= crash.Heard);

    public double SlownessOf(int agent) => Find(agent, AgentFaultKinds.Slow) is null ? 1 : _plan.SlowResponseFactor;

    public Ballot? Bend(int agent, PlacementRecord record, Ballot honest) => _schedule.Now.GetValueOrDefault(agent)?.Kind switch
    {
        AgentFaultKinds.WrongVote => Opposite(honest, _ => true),
        // Which proposals are attacked follows from the record, so liars agree without a word.
        AgentFaultKinds.Collusion => Opposite(honest, i => (record.Round + i) % 2 == 0),
        AgentFaultKinds.CapacityLie => _random.Next(2) == 0 && !honest.Free.Amounts().IsZero ? honest with { Free = new ProposedNeeds(0, 0, 0, 0) } : Boasting(honest),
        AgentFaultKinds.Withholding => null,
        _ => honest,
    };

    public IEnumerable<(long DelayMs, byte[] Bytes)> Carry((int Agent, ConsensusContext Context) from, int to, Message message, long linkMs)
    {
        if (Find(from.Agent, AgentFaultKinds.Partition) is not null || Find(to, AgentFaultKinds.Partition) is not null)
        {
            return [];
        }

        var bytes = message.Encoded.ToArray();
        return _schedule.Now.GetValueOrDefault(from.Agent)?.Kind switch
        {
            AgentFaultKinds.Slow => [((long)Math.Ceiling(linkMs * (_plan.SlowResponseFactor - 1)), bytes)],
            AgentFaultKinds.Corruption => [(0, _random.NextDouble() < Damage ? Damaged(bytes) : bytes)],
            _ => [(0, bytes)],
        };
    }

    public IEnumerable<byte[]> Tell((int Agent, ConsensusContext Context) from, int to, Opinion own) => own.Author != from.Agent ? [own.Encoded.ToArray()]
        : _schedule.Now.GetValueOrDefault(from.Agent)?.Kind switch
        {
            AgentFaultKinds.Equivocation when to % 2 == 1 => [Contradiction(from.Context, own)],
            AgentFaultKinds.ForgedSignature => [Forgery(own, to), own.Encoded.ToArray()],
            _ => [own.Encoded.ToArray()],
        };

    public Passage Pass(int from, int to, long linkMs)
    {
        lock (_links)
        {
            if (IsCut(from) || IsCut(to))
            {
                return new Passage(0, IsLost: true);
            }

            return _schedule.Now.GetValueOrDefault(from)?.Kind switch
            {
                AgentFaultKinds.Slow => new Passage((long)Math.Ceiling(linkMs * _plan.SlowResponseFactor)),
                AgentFaultKinds.Corruption when _links.NextDouble() < Damage => new Passage(linkMs, DamagedBit: _links.Next()),
                _ => new Passage(linkMs),
            };
        }
    }

    private bool IsCut(int agent) => _schedule.Now.GetValueOrDefault(agent) is { } fault && (fault.Kind == AgentFaultKinds.Partition || (fault.Kind == AgentFaultKinds.Crash && _round > fault.Round));

    private AgentFault? Find(int agent, string kind) => _schedule.Now.GetValueOrDefault(agent) is { } fault && fault.Kind == kind ? fault : null;

    private static Ballot Opposite(Ballot honest, Func<int, bool> which) => honest with
    {
        Votes = [.. honest.Votes.Select((v, i) => which(i) ? v with { Vote = v.Accepts ? AgentVote.Reject : AgentVote.Accept, Confidence = 1, Source = VoteSource.Rules, Reasoning = "as the rules say" } : v)],
        Changes = [.. honest.Changes.Select((c, i) => which(i) ? !c : c)],
    };

    private static Ballot Boasting(Ballot honest) => honest with { Free = ProposedNeeds.Of((honest.Free.Amounts() * 2) + new Resources(1, 0, 0, 0)) };

    private byte[] Damaged(byte[] bytes)
    {
        bytes[_random.Next(bytes.Length)] ^= (byte)(1 << _random.Next(8));
        return bytes;
    }

    /// <summary>A second ballot on the same question, with a right signature of the liar's own.</summary>
    private static byte[] Contradiction(ConsensusContext context, Opinion own)
    {
        var honest = Ballot.TryParse(own.Value)!;
        var value = (honest.Votes.Count > 0 ? Opposite(honest, _ => true) : Boasting(honest)).ToBytes();
        var statement = new Statement(StatementKind.Opinion, 0, 0, own.Subject, context.Crypto.Hash(value));
        return new Opinion(own.Subject, own.Author, value, statement.Sign(context.Crypto, context.Directory)).Encoded.ToArray();
    }

    /// <summary>A ballot in another's name; nobody can sign for another, so the signature is noise.</summary>
    private byte[] Forgery(Opinion own, int to)
    {
        var victim = Enumerable.Range(0, _cluster.Agents.Count).First(a => a != own.Author && a != to);
        var noise = new byte[own.Signature.Length];
        _random.NextBytes(noise);
        return new Opinion(own.Subject, victim, Opposite(Ballot.TryParse(own.Value)!, _ => true).ToBytes(), noise).Encoded.ToArray();
    }
}
