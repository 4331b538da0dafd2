using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Ports;

namespace Quorate.Engine.Triage;

/// <summary>Writes an incident's records: durable first, then applied to the state. Thread-safe.</summary>
public sealed class IncidentJournal(ILedger ledger, string incidentId, IncidentState state)
{
    private readonly Lock _gate = new();
    private long _seq = state.LastSeq;

    public string IncidentId { get; } = incidentId;

    /// <summary>Completes when the record is durable and in the state.</summary>
    public async Task AppendAsync(IncidentRecord record, DecisionTag? tag, CancellationToken cancellationToken)
    {
        var payload = QuorateJson.ToElement<object>(record);
        await ledger.AppendAsync(new LedgerDraft(record.Kind, IncidentId, payload, tag), cancellationToken);
        lock (_gate)
        {
            state.Apply(record);
        }
    }

    public T Read<T>(Func<IncidentState, T> read)
    {
        lock (_gate)
        {
            return read(state);
        }
    }

    public long NextSeq() => Interlocked.Increment(ref _seq);
}
