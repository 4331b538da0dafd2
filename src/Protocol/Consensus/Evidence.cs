using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus;

/// <summary>What was proven against a replica.</summary>
public enum FaultKind : byte
{
    /// <summary>Two signed statements about one slot that differ: of the same kind, view, sequence and subject.</summary>
    Equivocation = 1,

    /// <summary>A signed pre-prepare of a batch that external validity forbids.</summary>
    InvalidProposal = 2,

    /// <summary>A signed prepare or commit of such a batch.</summary>
    InvalidVote = 3,

    /// <summary>A signed view change whose proofs prove nothing.</summary>
    InvalidViewChange = 4,

    /// <summary>A signed new view that does not follow from the view changes in it.</summary>
    InvalidNewView = 5,

    /// <summary>A signed commit, and a signed view change to a later view that hides what was committed to.</summary>
    HiddenCommit = 6,
}

/// <summary>A statement and its signature.</summary>
public sealed record SignedStatement(Statement Statement, byte[] Signature);

/// <summary>
/// Proof that a replica lied, complete in itself: anyone with the key directory can check it, no matter who brings
/// it. What is only probable (an outlier, a wrong answer) never becomes evidence.
/// </summary>
/// <param name="Kind">What was proven.</param>
/// <param name="Accused">The replica whose signatures convict it.</param>
/// <param name="First">One signed statement; null where the message says all.</param>
/// <param name="Second">The contradicting one; null for the other kinds.</param>
/// <param name="Batch">The forbidden batch.</param>
/// <param name="Message">The view change or new view.</param>
public sealed record Evidence(
    FaultKind Kind, int Accused, SignedStatement? First, SignedStatement? Second, Batch? Batch, Message? Message)
{
    public byte[] Encode()
    {
        var writer = new WireWriter();
        writer.U8((byte)Kind);
        writer.I32(Accused);
        Write(writer, First);
        Write(writer, Second);
        writer.U8(Batch is null ? (byte)0 : (byte)1);
        Batch?.Write(writer);
        writer.Bytes(Message is null ? [] : Message.Encoded);
        return writer.ToArray();
    }

    /// <summary>False for bytes that are no evidence; never throws.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Evidence? evidence)
    {
        var reader = new WireReader(bytes);
        var (kind, accused) = ((FaultKind)reader.U8(), reader.I32());
        var (first, second) = (ReadStatement(ref reader), ReadStatement(ref reader));
        var batch = Flag(ref reader) ? Consensus.Batch.Read(ref reader) : null;
        var inner = reader.Bytes(ConsensusLimits.MessageBytes);
        Message? message = null;
        if (!reader.Finished || !Enum.IsDefined(kind) || (inner.Length > 0 && !MessageCodec.TryDecode(inner, out message)))
        {
            evidence = null;
            return false;
        }

        evidence = new Evidence(kind, accused, first, second, batch, message);
        return true;
    }

    private static void Write(WireWriter writer, SignedStatement? signed)
    {
        writer.U8(signed is null ? (byte)0 : (byte)1);
        if (signed is null)
        {
            return;
        }

        var statement = signed.Statement;
        writer.U8((byte)statement.Kind);
        writer.U64(statement.View);
        writer.U64(statement.Sequence);
        writer.Hash(statement.Subject);
        writer.Hash(statement.Digest);
        writer.Bytes(signed.Signature);
    }

    private static SignedStatement? ReadStatement(ref WireReader reader) => !Flag(ref reader) ? null : new SignedStatement(
        new Statement((StatementKind)reader.U8(), reader.U64(), reader.U64(), reader.Hash(), reader.Hash()),
        reader.Bytes(ConsensusLimits.SignatureBytes));

    private static bool Flag(ref WireReader reader)
    {
        var flag = reader.U8();
        if (flag > 1)
        {
            reader.Fail();
        }

        return flag == 1;
    }
}

/// <summary>Checks evidence. Pure: the same finding everywhere.</summary>
public static class EvidenceVerifier
{
    /// <summary>True when the accused, and nobody else, must have lied.</summary>
    public static bool Verify(ConsensusContext context, Evidence evidence)
    {
        if (!context.Membership.IsReplica(evidence.Accused))
        {
            return false;
        }

        return evidence switch
        {
            { Kind: FaultKind.Equivocation, First: { } first, Second: { } second, Batch: null, Message: null } =>
                IsReplicas(first) && first.Statement.Contradicts(second.Statement) && IsBy(context, evidence.Accused, first) && IsBy(context, evidence.Accused, second),
            { Kind: FaultKind.InvalidProposal, First: { } first, Second: null, Batch: { } batch, Message: null } =>
                first.Statement.Kind == StatementKind.PrePrepare && IsForbidden(context, evidence.Accused, first, batch),
            { Kind: FaultKind.InvalidVote, First: { } first, Second: null, Batch: { } batch, Message: null } =>
                first.Statement.Kind is StatementKind.Prepare or StatementKind.Commit && IsForbidden(context, evidence.Accused, first, batch),
            { Kind: FaultKind.InvalidViewChange, First: null, Second: null, Batch: null, Message: ViewChange change } =>
                change.Replica == evidence.Accused && MessageVerifier.Verify(context, change) == Verdict.ProvenLie,
            { Kind: FaultKind.InvalidNewView, First: null, Second: null, Batch: null, Message: NewView newView } =>
                context.Membership.Primary(newView.View) == evidence.Accused && MessageVerifier.Verify(context, newView) == Verdict.ProvenLie,
            { Kind: FaultKind.HiddenCommit, First: { } first, Second: null, Batch: null, Message: ViewChange change } =>
                Hides(context, evidence.Accused, first, change),
            _ => false,
        };
    }

    /// <summary>True when the view change says nothing of a commit that its signer gave before.</summary>
    internal static bool Hides(ViewChange change, in Statement commit)
    {
        if (commit.View >= change.View || commit.Sequence <= change.Stable.Sequence)
        {
            return false;
        }

        foreach (var proof in change.Prepared)
        {
            if (proof.Sequence == commit.Sequence && proof.View >= commit.View)
            {
                return false;
            }
        }

        return true;
    }

    private static bool Hides(ConsensusContext context, int accused, SignedStatement commit, ViewChange change) =>
        commit.Statement.Kind == StatementKind.Commit && change.Replica == accused && IsBy(context, accused, commit)
        && MessageVerifier.Verify(context, change) == Verdict.Valid && Hides(change, commit.Statement);

    // A request is a client's statement, and a client may number two requests alike without harming anyone.
    private static bool IsReplicas(SignedStatement signed) => signed.Statement.Kind != StatementKind.Request;

    private static bool IsForbidden(ConsensusContext context, int accused, SignedStatement signed, Batch batch) =>
        signed.Statement.Digest == batch.Digest(context.Crypto) && IsBy(context, accused, signed) && ProposalChecker.Check(context, batch) is not null;

    private static bool IsBy(ConsensusContext context, int accused, SignedStatement signed) =>
        context.Verify(signed.Statement, accused, signed.Signature);
}
