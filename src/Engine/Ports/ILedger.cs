using Quorate.Contracts.Provenance;

namespace Quorate.Engine.Ports;

/// <summary>The append-only, hash-chained record of everything: the one durable log that repairs resume from. Thread-safe.</summary>
public interface ILedger
{
    /// <summary>Completes when the entry is durable; concurrent appends share one commit.</summary>
    Task<LedgerEntry> AppendAsync(LedgerDraft draft, CancellationToken cancellationToken);

    /// <summary>Signs the chain's head. Called at the end of an incident and by the store every so many entries.</summary>
    Task<LedgerCheckpoint> CheckpointAsync(CancellationToken cancellationToken);

    /// <summary>Entries in ascending order of Seq.</summary>
    IAsyncEnumerable<LedgerEntry> ReadAsync(LedgerFilter filter, CancellationToken cancellationToken);

    /// <summary>Signed heads in ascending order of Seq.</summary>
    Task<IReadOnlyList<LedgerCheckpoint>> ReadCheckpointsAsync(CancellationToken cancellationToken);
}

/// <summary>Null means any. Text is looked for in subject, kind and payload, case-insensitively. Limit bounds the answer.</summary>
public sealed record LedgerFilter
{
    public string? Subject { get; init; }
    public IReadOnlyList<string>? Kinds { get; init; }
    public DecisionTag? DecisionTag { get; init; }
    public string? Text { get; init; }
    public DateTimeOffset? Since { get; init; }
    public long AfterSeq { get; init; }
    public int Limit { get; init; } = 100_000;

    /// <summary>The newest Limit entries instead of the oldest (the answer is still in ascending order).</summary>
    public bool Newest { get; init; }
}
