using System.Runtime.InteropServices;
using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus;

public enum OutputKind
{
    /// <summary>A <see cref="DurableRecord"/>: on disk before anything after it leaves this process.</summary>
    Persist,

    /// <summary>A <see cref="Message"/> to the replica <see cref="Output.To"/>.</summary>
    Send,

    /// <summary>A <see cref="Message"/> to every other replica.</summary>
    Broadcast,

    /// <summary>A <see cref="Reply"/> to the client <see cref="Output.To"/>.</summary>
    Reply,

    /// <summary>A <see cref="Decision"/>, in order of its sequence number, once.</summary>
    Decision,

    /// <summary>A <see cref="Request"/> whose opinion is to come through <see cref="Replica.SubmitOpinion"/>.</summary>
    OpinionWanted,

    /// <summary><see cref="Evidence"/> against a replica, at most one of each kind for each.</summary>
    FaultProven,

    /// <summary>A <see cref="CheckpointProof"/>: the state up to there came from others, without single decisions.</summary>
    StateInstalled,
}

/// <summary>What the driver is to do; outputs are done in their order.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Output(OutputKind Kind, int To, object Content);

/// <summary>A batch that was decided and applied.</summary>
/// <param name="Proof">The batch and the quorum's commits; makes certificates.</param>
/// <param name="Digest">Digest of the batch.</param>
/// <param name="Applied">Which items took effect; the others were duplicates.</param>
public sealed record Decision(Decided Proof, Digest Digest, IReadOnlyList<bool> Applied)
{
    public ulong Sequence => Proof.Sequence;
}

/// <summary>What a replica must not forget. The state machine is rebuilt from these, in their order.</summary>
public sealed class DurableRecord
{
    private readonly Message? second;

    internal DurableRecord(Message message, Message? second = null)
    {
        Message = message;
        this.second = second;
    }

    internal DurableRecord(PreparedProof prepared) => Prepared = prepared;

    /// <summary>A pre-prepare voted for, a batch, a decision, a checkpoint, a view change, a new view, an opinion.</summary>
    internal Message? Message { get; }

    /// <summary>The question of an opinion.</summary>
    internal Request? Question => second as Request;

    internal PreparedProof? Prepared { get; }

    /// <summary>True for a checkpoint: <see cref="Replica.DurableRecords"/> may now replace all records before it.</summary>
    public bool IsCheckpoint => Message is StateData;

    public byte[] Encode()
    {
        var writer = new WireWriter();
        writer.Bytes(Message is null ? [] : Message.Encoded);
        writer.Bytes(second is null ? [] : second.Encoded);
        Prepared?.Write(writer);
        return writer.ToArray();
    }

    /// <summary>False for bytes that are no record; never throws.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out DurableRecord? record)
    {
        record = null;
        var reader = new WireReader(bytes);
        var (first, question) = (reader.Bytes(ConsensusLimits.MessageBytes), reader.Bytes(ConsensusLimits.MessageBytes));
        if (first.Length == 0)
        {
            var proof = PreparedProof.Read(ref reader);
            record = reader.Finished && question.Length == 0 ? new DurableRecord(proof) : null;
            return record is not null;
        }

        Message? asked = null;
        if (!reader.Finished || !MessageCodec.TryDecode(first, out var message)
            || (question.Length > 0 && !MessageCodec.TryDecode(question, out asked)))
        {
            return false;
        }

        record = new DurableRecord(message, asked);
        return true;
    }
}
