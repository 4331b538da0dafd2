namespace Quorate.Protocol.Consensus;

/// <summary>What came over one link and was not used. It says something about the link, and nothing about a replica.</summary>
public sealed class LinkCounters
{
    /// <summary>Messages with a signature that does not verify.</summary>
    public long InvalidSignature { get; internal set; }

    /// <summary>Messages that fit no rule: bytes that are no message, unknown signers, digests that do not match.</summary>
    public long Malformed { get; internal set; }

    /// <summary>Messages outside the window or of a view long gone; also what an excluded replica sends.</summary>
    public long OutOfRange { get; internal set; }

    /// <summary>Requests refused: no room, forbidden by the application, or not the sender's own.</summary>
    public long Refused { get; internal set; }
}
