using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus.Simulation;

internal sealed partial class Liars
{
    private void Propose(int liar, ulong to, PrePrepare proposal, Action<int, ulong, object> send)
    {
        var other = Alternative(proposal);
        if (other is null)
        {
            send(liar, to, proposal);
            return;
        }

        var lie = SignProposal(liar, proposal.View, proposal.Sequence, other);
        var isSplit = Does(Attacks.Equivocate) && random.Chance(700);
        var half = isSplit ? random.Next() : 0;
        send(liar, to & half, proposal);
        send(liar, to & ~half, lie);
        if (isSplit)
        {
            VoteFor(proposal, to & half, send);
        }

        VoteFor(lie, to & ~half, send);
    }

    private Batch? Alternative(PrePrepare proposal)
    {
        var items = proposal.Batch.Items;
        if (Does(Attacks.InvalidProposal) && random.Chance(600))
        {
            return new Batch([Invalid(items), .. items.Skip(1)]);
        }

        if (Does(Attacks.RepeatRequests) && seenCount > 0 && seen[random.Below(Math.Min(seenCount, Remembered))] is PrePrepare old)
        {
            return new Batch([.. items, .. old.Batch.Items]);
        }

        return Does(Attacks.Equivocate) ? new Batch([.. items.Skip(1)]) : null;
    }

    private Item Invalid(IReadOnlyList<Item> items)
    {
        var client = contexts.Length + random.Below(3);
        switch (random.Below(3))
        {
            case 0:
                // Something that an honest client never asked.
                return new Item(new Request(client, 1 + (ulong)random.Below(5), RequestKind.Operation, [1, 2, 3], random.Bytes(8)));
            case 1 when items.FirstOrDefault(i => i.Request.Type == RequestKind.Question) is { } question:
                return new Item(question.Request, question.Opinions, [(byte)(question.Outcome[0] ^ 1)]);
            default:
                return new Item(Ask([SimulatedRules.Forbidden, 1]));
        }
    }

    // Really signed by the client that is in league with them.
    private Request Ask(byte[] payload)
    {
        var request = Request.Sign(accomplice.Crypto, accomplice.Directory, AccompliceId, ++asked, RequestKind.Operation, payload);
        monitor.Asked(request);
        return request;
    }

    private int AccompliceId => accompliceId ??= Find();

    private int? accompliceId;

    private int Find()
    {
        // The client whose signatures the accomplice's key makes.
        for (var id = contexts.Length; ; id++)
        {
            var probe = new Statement(StatementKind.Request, 0, 0, default);
            if (accomplice.Verify(probe, id, accomplice.Sign(probe)))
            {
                return id;
            }
        }
    }

    private ViewChange Sign(int liar, ulong view, CheckpointProof stable, IReadOnlyList<PreparedProof> prepared)
    {
        var unsigned = new ViewChange(view, liar, stable, prepared, []);
        return new ViewChange(view, liar, stable, prepared, contexts[liar].Sign(unsigned.Statement(contexts[liar].Crypto)));
    }

    private void LieIn(int liar, ulong to, ViewChange change, Action<int, ulong, object> send)
    {
        var forged = new List<PreparedProof>();
        for (var i = 1UL; i <= 4; i++)
        {
            forged.Add(new PreparedProof(change.View - 1, change.Stable.Sequence + i, Batch.Empty.Digest(contexts[liar].Crypto), random.Bytes(8), [.. Signers().Select(s => new SignedBy(s, random.Bytes(8)))]));
        }

        var hidden = Sign(liar, change.View, change.Stable, []);
        switch (random.Below(4))
        {
            case 0:
                send(liar, to, Sign(liar, change.View, change.Stable, forged));
                break;
            case 1:
                send(liar, to, hidden);
                break;
            case 2:
                send(liar, to & 0x5555555555555555, change);
                send(liar, to & 0xAAAAAAAAAAAAAAAA, hidden);
                break;
            default:
                send(liar, to, Sign(liar, change.View, new CheckpointProof(change.Stable.Sequence + 4, new Digest(random.Next(), 0, 0, 0), [.. Signers().Select(s => new SignedBy(s, random.Bytes(8)))]), []));
                break;
        }
    }

    private IEnumerable<int> Signers() => Enumerable.Range(0, contexts[0].Membership.Quorum);

    private NewView LieIn(int liar, NewView newView)
    {
        var context = contexts[liar];
        var empty = Batch.Empty.Digest(context.Crypto);
        Reproposal[] bent = [.. newView.Reproposals.Select(r => new Reproposal(r.Sequence, empty, context.Sign(new Statement(StatementKind.PrePrepare, newView.View, r.Sequence, empty))))];
        var unsigned = new NewView(newView.View, newView.ViewChanges, bent, []);
        return new NewView(newView.View, newView.ViewChanges, bent, context.Sign(unsigned.Statement(context.Crypto)));
    }

    private StateData FakeState(int liar, ulong sequence)
    {
        var writer = new WireWriter();
        writer.U64(0);
        writer.I32(0);
        writer.Bytes(random.Bytes(8));
        var snapshot = writer.ToArray();
        var digest = contexts[liar].Crypto.Hash(snapshot);
        var vote = SignVote(liar, MessageKind.Checkpoint, 0, sequence, digest);
        return new StateData(new CheckpointProof(sequence, digest, [.. Signers().Select(s => new SignedBy(s, vote.Signature))]), snapshot);
    }
}
