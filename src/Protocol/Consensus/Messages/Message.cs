using System.Runtime.InteropServices;

namespace Quorate.Protocol.Consensus;

/// <summary>First byte of every encoded message.</summary>
public enum MessageKind : byte
{
    Request = 1,
    PrePrepare = 2,
    Prepare = 3,
    Commit = 4,
    Checkpoint = 5,
    ViewChange = 6,
    NewView = 7,
    Opinion = 8,
    Reply = 9,
    Status = 10,
    FetchDecided = 11,
    Decided = 12,
    FetchBatch = 13,
    BatchData = 14,
    FetchState = 15,
    StateData = 16,
}

/// <summary>What verification found; kept with the message so that it is done once, on whichever thread.</summary>
public enum Verdict
{
    Unknown = 0,
    Valid,

    /// <summary>A signature is wrong. That convicts nobody: anyone can forge a wrong signature.</summary>
    InvalidSignature,

    /// <summary>Malformed, or not bound to its signer by a signature.</summary>
    Malformed,

    /// <summary>Validly signed, and its content breaks the protocol: proof against the signer.</summary>
    ProvenLie,
}

/// <summary>A message between replicas or between a client and a replica. Immutable but for the verdict.</summary>
public abstract class Message
{
    private byte[]? encoded;
    private volatile int verdict;

    public abstract MessageKind Kind { get; }

    /// <summary>What <see cref="MessageVerifier"/> found; Unknown until it has looked.</summary>
    public Verdict Verdict
    {
        get => (Verdict)verdict;
        internal set => verdict = (int)value;
    }

    /// <summary>The canonical bytes, made once.</summary>
    public ReadOnlySpan<byte> Encoded => encoded ??= MessageCodec.Encode(this);

    internal abstract void Write(WireWriter writer);
}

/// <summary>One of several signatures under the same statement.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct SignedBy(int Signer, byte[] Signature);
