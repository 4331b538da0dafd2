using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus.Simulation;

/// <summary>
/// Watches every step of the honest replicas and knows what was really asked: agreement, validity, nothing applied
/// twice, certificates that verify, honest replicas that never contradict themselves and are never accused.
/// </summary>
internal sealed class Monitor(ConsensusContext honest, ulong liars)
{
    private const int MaxViolations = 8;

    private readonly Dictionary<ulong, (Digest Digest, ulong Chain)> decided = [];
    private readonly Dictionary<RequestKey, (ulong Sequence, int Index)> applied = [];
    private readonly Dictionary<RequestKey, byte[]> asked = [];
    private readonly Dictionary<RequestKey, byte[]> results = [];
    private readonly Dictionary<(int, MessageKind, ulong, ulong), Digest> said = [];
    private readonly ulong[] executed = new ulong[honest.Membership.Replicas];
    private readonly ulong[] leftBefore = new ulong[honest.Membership.Replicas];

    internal List<string> Violations { get; } = [];

    internal SortedSet<int> Accused { get; } = [];

    internal int Decisions => decided.Count;

    internal void Asked(Request request) => asked[request.Key] = request.Payload;

    /// <summary>Before the outputs of the restart: what it decides at once comes after what it remembers.</summary>
    internal void Restarted(int replica, Replica machine, SimulatedApplication application)
    {
        var fresh = machine.Outputs.Where(output => output.Kind == OutputKind.Decision).Select(output => ((Decision)output.Content).Sequence);
        executed[replica] = fresh.FirstOrDefault(machine.Executed + 1) - 1;
        CheckChain(replica, machine.Executed, application.Chain);
    }

    internal void OnDecision(int replica, Decision decision)
    {
        var sequence = decision.Sequence;
        if (sequence != executed[replica] + 1)
        {
            Violated($"order: replica {replica} applied {sequence} after {executed[replica]}");
        }

        executed[replica] = sequence;
        var isFirst = decided.TryAdd(sequence, (decision.Digest, 0));
        if (decided[sequence].Digest != decision.Digest)
        {
            Violated($"agreement: replica {replica} decided another batch at {sequence}");
            return;
        }

        for (var i = 0; i < decision.Applied.Count; i++)
        {
            CheckApplied(replica, sequence, i, decision);
        }

        if (isFirst)
        {
            CheckCertificate(replica, decision);
        }
    }

    internal void OnState(int replica, CheckpointProof proof)
    {
        executed[replica] = proof.Sequence;
        if (MessageVerifier.Stable(honest, proof) != Verdict.Valid)
        {
            Violated($"state: replica {replica} took over a state without proof at {proof.Sequence}");
        }
    }

    internal void OnCheckpoint(int replica, StateData data)
    {
        if (MessageVerifier.Stable(honest, data.Proof) != Verdict.Valid)
        {
            Violated($"checkpoint: replica {replica} calls {data.Proof.Sequence} stable without a quorum");
        }
    }

    internal void OnEvidence(int replica, Evidence evidence)
    {
        Accused.Add(evidence.Accused);
        if ((liars >> evidence.Accused & 1) == 0)
        {
            Violated($"evidence: honest replica {evidence.Accused} accused by {replica} of {evidence.Kind}");
        }

        if (!Evidence.TryDecode(evidence.Encode(), out var carried) || !EvidenceVerifier.Verify(honest, carried))
        {
            Violated($"evidence: replica {replica} brought evidence of {evidence.Kind} that does not verify");
        }
    }

    internal void OnAnswer(RequestKey key, byte[] answer)
    {
        if (results.TryGetValue(key, out var result) && !result.AsSpan().SequenceEqual(answer))
        {
            Violated($"reply: client {key.Client} was told something else than was decided");
        }
    }

    internal void OnSent(int replica, Replica machine, Message message)
    {
        switch (message)
        {
            case PrePrepare proposal:
                Said(replica, machine, MessageKind.PrePrepare, proposal.View, proposal.Sequence, proposal.Digest);
                break;
            case Vote { Kind: MessageKind.Checkpoint } vote:
                Said(replica, machine, vote.Kind, ulong.MaxValue, vote.Sequence, vote.Digest);
                break;
            case Vote vote:
                Said(replica, machine, vote.Kind, vote.View, vote.Sequence, vote.Digest);
                break;
            case ViewChange change:
                leftBefore[replica] = Math.Max(leftBefore[replica], change.View);
                Said(replica, machine, MessageKind.ViewChange, change.View, 0, change.Statement(honest.Crypto).Digest);
                break;
            case Opinion opinion:
                Said(replica, machine, MessageKind.Opinion, opinion.Subject.A, 0, opinion.Statement(honest.Crypto).Digest);
                break;
        }
    }

    internal void Violated(string what)
    {
        if (Violations.Count < MaxViolations)
        {
            Violations.Add(what);
        }
    }

    private void Said(int replica, Replica machine, MessageKind kind, ulong view, ulong sequence, Digest digest)
    {
        if (!said.TryAdd((replica, kind, view, sequence), digest))
        {
            if (said[(replica, kind, view, sequence)] != digest)
            {
                Violated($"contradiction: honest replica {replica} sent two {kind} for view {view}, sequence {sequence}");
            }

            return;
        }

        var isVote = kind is MessageKind.PrePrepare or MessageKind.Prepare or MessageKind.Commit;
        if (isVote && sequence > machine.Stable + (ulong)honest.Options.Window)
        {
            Violated($"window: honest replica {replica} sent a {kind} for {sequence}, stable at {machine.Stable}");
        }

        if (isVote && view < leftBefore[replica])
        {
            Violated($"view: honest replica {replica} sent a {kind} in view {view} after leaving it");
        }
    }

    private void CheckApplied(int replica, ulong sequence, int index, Decision decision)
    {
        if (!decision.Applied[index])
        {
            return;
        }

        var item = decision.Proof.Batch.Items[index];
        var key = item.Request.Key;
        if (!applied.TryAdd(key, (sequence, index)) && applied[key] != (sequence, index))
        {
            Violated($"twice: replica {replica} applied request {key.Sequence} of client {key.Client} again at {sequence}");
        }

        if (item.Request.Type != RequestKind.Exclusion && honest.Validator.Check(item) is { } reason)
        {
            Violated($"validity: replica {replica} applied {reason}");
        }

        if (item.Request.Type == RequestKind.Question
            && (item.Opinions.Count < honest.Membership.Reachable
                || !item.Outcome.AsSpan().SequenceEqual(honest.Validator.Tally(item.Request, item.Opinions))))
        {
            Violated($"validity: replica {replica} applied an outcome that the opinions do not give");
        }

        if (!asked.TryGetValue(key, out var payload) || !payload.AsSpan().SequenceEqual(item.Request.Payload))
        {
            Violated($"validity: replica {replica} applied what client {key.Client} never asked");
        }
    }

    internal void OnReply(Reply reply) => results.TryAdd(new RequestKey(reply.Client, reply.Sequence), reply.Result);

    private void CheckCertificate(int replica, Decision decision)
    {
        var proof = decision.Proof;
        var statement = new Statement(StatementKind.Commit, proof.View, proof.Sequence, decision.Digest);
        if (MessageVerifier.Proven(honest, statement, proof.Commits, honest.Membership.Quorum) != Verdict.Valid)
        {
            Violated($"certificate: replica {replica} decided {proof.Sequence} without a quorum's commits");
        }
        else if (proof.Batch.Items.Count > 0
            && QuorumCertificate.For(honest, proof, proof.Batch.Items.Count - 1).Check(honest.Membership, honest.Directory, honest.Crypto) is { } wrong)
        {
            Violated($"certificate: {wrong}");
        }
    }

    /// <summary>After all outputs of one step.</summary>
    internal void CheckChain(int replica, ulong sequence, ulong chain)
    {
        if (sequence == 0 || !decided.TryGetValue(sequence, out var known))
        {
            return;
        }

        if (known.Chain == 0)
        {
            decided[sequence] = (known.Digest, chain);
        }
        else if (known.Chain != chain)
        {
            Violated($"agreement: replica {replica} has another state after {sequence}");
        }
    }
}
