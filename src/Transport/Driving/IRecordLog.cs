using Quorate.Protocol.Consensus;

namespace Quorate.Transport.Driving;

/// <summary>Keeps what a replica must not forget. Used by one thread at a time.</summary>
public interface IRecordLog
{
    /// <summary>What earlier runs kept, in order.</summary>
    IReadOnlyList<DurableRecord> Recovered { get; }

    void Append(DurableRecord record);

    /// <summary>Returns once everything appended is durable.</summary>
    void Flush();

    /// <summary>True when it has grown so much that replacing it pays.</summary>
    bool WantsCompaction { get; }

    /// <summary>Replaces everything by these, all or nothing.</summary>
    void Compact(IReadOnlyList<DurableRecord> records);
}
