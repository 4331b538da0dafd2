using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus;

public sealed partial class Replica
{
    private readonly SortedDictionary<ulong, (Digest Digest, byte[] Snapshot)> snapshots = [];
    private readonly SortedDictionary<ulong, Vote?[]> checkpoints = [];
    private CheckpointProof stableProof = CheckpointProof.Genesis;

    private void ExecuteReady()
    {
        if (context.Options.Has(PlantedBug.OutOfOrder))
        {
            ExecuteAnyOrder();
        }

        while (InWindow(Executed + 1) && SlotAt(Executed + 1).Decided is { } decided)
        {
            Execute(decided);
        }

        Propose();
    }

    private void ExecuteAnyOrder()
    {
        for (var sequence = Executed + 1; InWindow(sequence); sequence++)
        {
            if (SlotAt(sequence).Decided is { } decided)
            {
                Execute(decided);
            }
        }
    }

    private void Execute(Decided decided)
    {
        Executed = decided.Sequence;
        progress = now;
        timeouts = 0;
        var applied = new bool[decided.Batch.Items.Count];
        var answers = new List<(RequestKey, byte[])>(applied.Length);
        for (var i = 0; i < applied.Length; i++)
        {
            var item = decided.Batch.Items[i];
            var key = item.Request.Key;
            if (!clients.IsApplied(key) || context.Options.Has(PlantedBug.NoDeduplication))
            {
                applied[i] = true;
                var result = Apply(decided.Sequence, item);
                clients.Apply(key, result);
                answers.Add((key, result));
            }

            Settle(item.Request);
        }

        Out(OutputKind.Decision, -1, new Decision(decided, decided.Batch.Digest(context.Crypto), applied));
        foreach (var (key, result) in answers)
        {
            Answer(key, result);
        }

        if (Executed % (ulong)context.Options.CheckpointInterval == 0)
        {
            TakeCheckpoint();
        }
    }

    private byte[] Apply(ulong sequence, Item item)
    {
        if (item.Request.Type == RequestKind.Exclusion)
        {
            if (Evidence.TryDecode(item.Request.Payload, out var evidence))
            {
                excluded |= 1UL << evidence.Accused;
            }

            return [];
        }

        var result = state.Apply(sequence, item);
        return result.Length <= ConsensusLimits.ResultBytes
            ? result
            : throw new InvalidOperationException($"a result has {result.Length} bytes; {ConsensusLimits.ResultBytes} are allowed");
    }

    private void Settle(Request request)
    {
        pending.Remove(request.Key);
        if (request.Type == RequestKind.Question)
        {
            ownOpinions.Remove(request.Digest(context.Crypto));
        }
    }

    private void TakeCheckpoint()
    {
        var writer = new WireWriter();
        writer.U64(excluded);
        clients.Write(writer);
        var application = state.Snapshot();
        if (application.Length > ConsensusLimits.StateBytes)
        {
            throw new InvalidOperationException($"a snapshot has {application.Length} bytes; {ConsensusLimits.StateBytes} are allowed");
        }

        writer.Bytes(application);
        var snapshot = writer.ToArray();
        var digest = context.Crypto.Hash(snapshot);
        snapshots[Executed] = (digest, snapshot);
        var vote = SignVote(MessageKind.Checkpoint, 0, Executed, digest);
        VotesAt(Executed)[Id] = vote;
        Broadcast(vote);
        TryStabilise(Executed);
    }

    private bool Install(ulong sequence, byte[] snapshot)
    {
        var reader = new WireReader(snapshot);
        var away = reader.U64();
        var table = ClientTable.Read(ref reader, context.Options.ClientWindow);
        var application = reader.Bytes(ConsensusLimits.StateBytes);
        if (table is null || !reader.Finished || !state.Restore(application))
        {
            return false;
        }

        excluded = away;
        clients = table;
        Executed = sequence;
        pending.RemoveApplied(clients);
        return true;
    }

    private bool WantsCheckpoint(Vote vote)
    {
        if (!InWindow(vote.Sequence) || vote.Sequence % (ulong)context.Options.CheckpointInterval != 0
            || !context.Membership.IsReplica(vote.Replica) || vote.View != 0)
        {
            return false;
        }

        return !checkpoints.TryGetValue(vote.Sequence, out var votes) || votes[vote.Replica]?.Digest != vote.Digest;
    }

    private void OnCheckpoint(int from, Vote vote)
    {
        if (!WantsCheckpoint(vote) || vote.Replica == Id || !IsGood(from, vote))
        {
            return;
        }

        ref var known = ref VotesAt(vote.Sequence)[vote.Replica];
        if (known is not null)
        {
            AccuseOfEquivocation(vote.Replica, known.Statement, known.Signature, vote.Statement, vote.Signature);
            return;
        }

        known = vote;
        TryStabilise(vote.Sequence);
    }

    private Vote?[] VotesAt(ulong sequence)
    {
        if (!checkpoints.TryGetValue(sequence, out var votes))
        {
            checkpoints[sequence] = votes = new Vote?[N];
        }

        return votes;
    }

    private void TryStabilise(ulong sequence)
    {
        if (recovering || !snapshots.TryGetValue(sequence, out var own) || sequence <= Stable)
        {
            return;
        }

        var matching = new List<SignedBy>(N);
        foreach (var vote in VotesAt(sequence))
        {
            if (vote is not null && vote.Digest == own.Digest && matching.Count < context.Quorum)
            {
                matching.Add(new SignedBy(vote.Replica, vote.Signature));
            }
        }

        if (matching.Count >= context.Quorum || context.Options.Has(PlantedBug.CheckpointWithoutQuorum))
        {
            Stabilise(new CheckpointProof(sequence, own.Digest, matching), own.Snapshot);
        }
    }

    /// <summary>Everything up to the checkpoint may be forgotten: a quorum can prove the state it led to.</summary>
    private void Stabilise(CheckpointProof proof, byte[] snapshot)
    {
        var old = Stable;
        stableProof = proof;
        snapshots[proof.Sequence] = (proof.Digest, snapshot);
        foreach (var sequence in snapshots.Keys.Where(sequence => sequence < proof.Sequence).ToList())
        {
            snapshots.Remove(sequence);
        }

        foreach (var sequence in checkpoints.Keys.Where(sequence => sequence <= proof.Sequence).ToList())
        {
            checkpoints.Remove(sequence);
        }

        foreach (var slot in slots)
        {
            if (slot is not null && slot.Sequence > old && slot.Sequence <= proof.Sequence)
            {
                slot.Reset(0);
            }
        }

        foreach (var (subject, (question, _)) in ownOpinions.ToList())
        {
            if (clients.IsApplied(question.Key))
            {
                ownOpinions.Remove(subject);
            }
        }

        Persist(new StateData(proof, snapshot));
        Propose();
    }
}
