namespace Quorate.Protocol.Provenance;

/// <summary>What is wrong with a ledger.</summary>
public enum LedgerFaultReason
{
    /// <summary>The entry cannot be read as one.</summary>
    Malformed,

    /// <summary>Entries before this one are missing.</summary>
    Gap,

    /// <summary>The entry's number is not above the one before.</summary>
    Reordered,

    /// <summary>The entry's fields do not give its hash.</summary>
    Altered,

    /// <summary>The entry does not follow the one before it.</summary>
    WrongPreviousHash,

    /// <summary>A signed head says that there were more entries, or the file has no end.</summary>
    Truncated,

    /// <summary>A signed head names another entry at this place: the chain was rewritten or comes from elsewhere.</summary>
    Fork,

    /// <summary>The entry stands after the last one that the store signed.</summary>
    Unsigned,

    /// <summary>A signature does not match what it signs.</summary>
    BadSignature,

    /// <summary>Signed with a key that is not trusted.</summary>
    UnknownKey,

    /// <summary>The file's bytes are not those that were sealed.</summary>
    BadSeal,
}

/// <summary>The first thing wrong. Seq is the entry's number and Line the file's line, from 1, where there is one.</summary>
public sealed record LedgerFault(long? Seq, long? Line, LedgerFaultReason Reason, string Detail);
