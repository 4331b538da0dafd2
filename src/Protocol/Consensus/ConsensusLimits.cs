namespace Quorate.Protocol.Consensus;

/// <summary>Bounds of the wire format. A message beyond any of them is malformed.</summary>
public static class ConsensusLimits
{
    /// <summary>Bytes of one message.</summary>
    public const int MessageBytes = 24 << 20;

    /// <summary>Bytes of one request's payload.</summary>
    public const int PayloadBytes = 64 << 10;

    /// <summary>Bytes of one opinion's value and of an outcome.</summary>
    public const int ValueBytes = 64 << 10;

    /// <summary>Bytes of the result that a client is told.</summary>
    public const int ResultBytes = 256;

    /// <summary>Replies kept for all clients together; they are part of a checkpoint.</summary>
    public const int KeptReplies = 32 << 10;

    /// <summary>Bytes of the application's part of a checkpoint.</summary>
    public const int StateBytes = 8 << 20;

    /// <summary>Bytes of all items of one batch.</summary>
    public const int BatchBytes = 4 << 20;

    /// <summary>Items of one batch.</summary>
    public const int BatchItems = 4096;

    /// <summary>Sequence numbers of the watermark window.</summary>
    public const int Window = 1024;

    /// <summary>Bytes of the state that a checkpoint holds.</summary>
    public const int SnapshotBytes = 20 << 20;

    /// <summary>Bytes of a signature.</summary>
    public const int SignatureBytes = 128;

    /// <summary>Siblings in a Merkle proof.</summary>
    public const int ProofLength = 16;
}
