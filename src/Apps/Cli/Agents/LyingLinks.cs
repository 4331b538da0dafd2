using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;
using Quorate.Transport;

namespace Quorate.Cli.Agents;

/// <summary>What a Byzantine agent does to what it should say.</summary>
internal enum Lie
{
    None,

    /// <summary>Says nothing at all.</summary>
    Silent,

    /// <summary>As leader, proposes different batches to different replicas, and votes for both.</summary>
    Equivocate,

    /// <summary>Votes, validly signed, for what nobody proposed; answers clients wrongly.</summary>
    WrongVotes,

    /// <summary>Sends signatures that do not verify, and states that never were.</summary>
    Forge,

    /// <summary>All of these in turn, and the truth now and then.</summary>
    Mixed,
}

/// <summary>Runs the real protocol underneath, so that the lies come at the worst moments.</summary>
internal sealed class LyingLinks(ILinks inner, Lie lie, ConsensusContext context, int self) : ILinks
{
    private static readonly Lie[] Kinds = [Lie.None, Lie.Equivocate, Lie.WrongVotes, Lie.Silent, Lie.Forge];

    private int said;

    public long Dropped => inner.Dropped;

    public void Send(int to, Message message)
    {
        // A run of messages in the same manner, then the next.
        var kind = lie == Lie.Mixed ? Kinds[(uint)Interlocked.Increment(ref said) / 97 % Kinds.Length] : lie;
        foreach (var bent in Bend(kind, to, message))
        {
            inner.Send(to, bent);
        }
    }

    public void Flush() => inner.Flush();

    private IEnumerable<Message> Bend(Lie kind, int to, Message message) => (kind, message) switch
    {
        (Lie.Silent, _) => [],
        (Lie.Equivocate, PrePrepare proposal) when to % 2 == 1 => [Other(proposal)],
        (Lie.Equivocate, Vote { Kind: not MessageKind.Checkpoint } vote) when to % 2 == 1 => [vote, Sign(vote, Otherwise(vote.Digest))],
        (Lie.WrongVotes, Vote vote) when vote.Replica == self => [Sign(vote, Otherwise(vote.Digest))],
        (Lie.WrongVotes, Reply reply) => [new Reply(reply.View, reply.Client, reply.Sequence, reply.Replica, [1, 2, 3])],
        (Lie.Forge, Vote vote) => [new Vote(vote.Kind, vote.View, vote.Sequence, Otherwise(vote.Digest), (self + 1) % context.Membership.Replicas, vote.Signature)],
        (Lie.Forge, Status status) => [new Status(status.View, status.Active, status.Executed + 50, status.Stable + 64), new StateData(new CheckpointProof(status.Stable + 64, default, []), [1, 2, 3])],
        _ => [message],
    };

    private PrePrepare Other(PrePrepare proposal)
    {
        var batch = new Batch([.. proposal.Batch.Items.Skip(1)]);
        var digest = batch.Digest(context.Crypto);
        var signature = new Statement(StatementKind.PrePrepare, proposal.View, proposal.Sequence, digest).Sign(context.Crypto, context.Directory);
        return new PrePrepare(proposal.View, proposal.Sequence, digest, batch, signature);
    }

    private Vote Sign(Vote vote, Digest digest)
    {
        var kind = vote.Kind switch { MessageKind.Prepare => StatementKind.Prepare, MessageKind.Commit => StatementKind.Commit, _ => StatementKind.Checkpoint };
        return new Vote(vote.Kind, vote.View, vote.Sequence, digest, self, new Statement(kind, vote.View, vote.Sequence, digest).Sign(context.Crypto, context.Directory));
    }

    private static Digest Otherwise(Digest digest) => digest with { A = ~digest.A };
}
