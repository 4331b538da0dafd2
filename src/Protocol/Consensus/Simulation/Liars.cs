using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus.Simulation;

/// <summary>
/// The Byzantine replicas of a run. Each runs the real protocol underneath, so that its lies come at the worst
/// moments; what it sends is bent, kept back or doubled. They share keys and knowledge, and have a client with them.
/// </summary>
internal sealed partial class Liars(FaultPlan plan, ConsensusContext[] contexts, ConsensusContext accomplice, SimulatedRandom random, Monitor monitor)
{
    private const int Remembered = 96;

    private readonly Message[] seen = new Message[Remembered];
    private readonly HashSet<(ulong, ulong, Digest)> voted = [];
    private int seenCount;
    private ulong asked;

    private ulong Everyone => (1UL << contexts.Length) - 1;

    internal void Observe(int liar, int from, Message message, Action<int, ulong, object> send)
    {
        seen[seenCount++ % Remembered] = message;
        if (message is PrePrepare proposal && Does(Attacks.VoteForEverything))
        {
            VoteFor(proposal, Everyone, send);
        }

        if (message is Fetch { Kind: MessageKind.FetchState } && Does(Attacks.FakeState))
        {
            send(liar, 1UL << from, FakeState(liar, 4));
        }

        if (message is Fetch { Kind: MessageKind.FetchBatch } fetch)
        {
            send(liar, 1UL << from, new BatchData(fetch.Sequence, Batch.Empty));
        }
    }

    internal void Emit(int liar, ulong to, Message message, Action<int, ulong, object> send)
    {
        if (Does(Attacks.Silence))
        {
            return;
        }

        if (Does(Attacks.Withhold))
        {
            to &= random.Chance(500) ? random.Next() : ulong.MaxValue;
        }

        switch (message)
        {
            case PrePrepare proposal when random.Chance(600):
                Propose(liar, to, proposal, send);
                break;
            case ViewChange change when Does(Attacks.LieInViewChange):
                LieIn(liar, to, change, send);
                break;
            case NewView newView when Does(Attacks.LieInNewView) && newView.Reproposals.Count > 0:
                send(liar, to, LieIn(liar, newView));
                break;
            case Opinion opinion when Does(Attacks.Equivocate):
                send(liar, to & 0x5555555555555555, opinion);
                send(liar, to & 0xAAAAAAAAAAAAAAAA, Opinion.Sign(contexts[liar].Crypto, contexts[liar].Directory, opinion.Subject, liar, [3]));
                break;
            case Status status when Does(Attacks.FakeState):
                send(liar, to, new Status(status.View, status.Active, status.Executed + 5, status.Stable + 4));
                send(liar, to, FakeState(liar, status.Stable + 4));
                break;
            default:
                send(liar, to, message);
                break;
        }
    }

    internal Reply Falsify(Reply reply) =>
        random.Chance(500) ? reply : new Reply(reply.View, reply.Client, reply.Sequence, reply.Replica, [0xEE]);

    /// <summary>Now and then, unprovoked.</summary>
    internal void Act(Action<int, ulong, object> send, SimulatedNode[] nodes)
    {
        for (var liar = 0; liar < nodes.Length; liar++)
        {
            if ((plan.Liars >> liar & 1) == 0 || nodes[liar].Machine is not { } machine || Does(Attacks.Silence))
            {
                continue;
            }

            if (Does(Attacks.Replay) && seenCount > 0)
            {
                for (var i = 0; i < 3; i++)
                {
                    send(liar, 1UL << random.Below(nodes.Length), seen[random.Below(Math.Min(seenCount, Remembered))]);
                }
            }

            if (Does(Attacks.Forge))
            {
                Forge(liar, send);
            }

            if (Does(Attacks.Spam))
            {
                Spam(liar, machine, send);
            }

            if (Does(Attacks.PushView) && random.Chance(300))
            {
                var view = machine.View + (ulong)random.Between(1, 3);
                send(liar, Everyone & ~(1UL << liar), Sign(liar, view, CheckpointProof.Genesis, []));
            }
        }
    }

    private bool Does(Attacks attack) => (plan.Attacks & attack) != Attacks.None;

    // Votes of others that they never cast, for slots that are under way.
    private void Forge(int liar, Action<int, ulong, object> send)
    {
        for (var i = 0; i < Math.Min(seenCount, Remembered); i++)
        {
            if (seen[(seenCount - 1 - i) % Remembered] is not PrePrepare target)
            {
                continue;
            }

            var to = 1UL << random.Below(contexts.Length);
            var digest = random.Chance(500) ? target.Digest : new Digest(random.Next(), 0, 0, 0);
            for (var victim = 0; victim < contexts.Length; victim++)
            {
                send(liar, to, new Vote(MessageKind.Prepare, target.View, target.Sequence, digest, victim, random.Bytes(8)));
                send(liar, to, new Vote(MessageKind.Commit, target.View, target.Sequence, digest, victim, random.Bytes(8)));
            }

            return;
        }
    }

    private void Spam(int liar, Replica machine, Action<int, ulong, object> send)
    {
        var to = 1UL << random.Below(contexts.Length);
        send(liar, to, random.Bytes(1 + random.Below(60)));
        send(liar, to, SignVote(liar, MessageKind.Commit, machine.View + (ulong)random.Below(3), machine.Executed + (ulong)random.Below(400), new Digest(random.Next(), 0, 0, 0)));
        if (machine.IsPrimary)
        {
            var sequence = machine.Stable + 1 + ((ulong)contexts[liar].Options.Window * (ulong)random.Between(1, 3)) + (ulong)random.Below(6);
            send(liar, Everyone & ~(1UL << liar), SignProposal(liar, machine.View, sequence, Batch.Empty));
        }
    }

    private Vote SignVote(int liar, MessageKind kind, ulong view, ulong sequence, Digest digest) =>
        new(kind, view, sequence, digest, liar, contexts[liar].Sign(Vote.StatementOf(kind, view, sequence, digest)));

    private PrePrepare SignProposal(int liar, ulong view, ulong sequence, Batch batch)
    {
        var digest = batch.Digest(contexts[liar].Crypto);
        return new PrePrepare(view, sequence, digest, batch, contexts[liar].Sign(new Statement(StatementKind.PrePrepare, view, sequence, digest)));
    }

    private void VoteFor(PrePrepare proposal, ulong to, Action<int, ulong, object> send)
    {
        if (voted.Count > 4096 || !voted.Add((proposal.View, proposal.Sequence, proposal.Digest)))
        {
            return;
        }

        for (var liar = 0; liar < contexts.Length; liar++)
        {
            if ((plan.Liars >> liar & 1) == 1)
            {
                send(liar, to & ~(1UL << liar), SignVote(liar, MessageKind.Prepare, proposal.View, proposal.Sequence, proposal.Digest));
                send(liar, to & ~(1UL << liar), SignVote(liar, MessageKind.Commit, proposal.View, proposal.Sequence, proposal.Digest));
            }
        }
    }
}
