using Quorate.Contracts.Provenance;

namespace Quorate.Engine.Place.Agreement;

/// <summary>
/// Where auctions that the agents certified, or the hierarchy that they have, put jobs. A proposal names one by its record's hash, and
/// whoever votes looks here whether it says so. All agents of a process share it: it stands for the records that each of them signed.
/// </summary>
public sealed class CertifiedChoices
{
    public const string Auction = "auction";
    public const string Hierarchy = "hierarchy";

    /// <summary>The pool that fits best would delay a job that comes first. Voters do not know the queue, so nothing more is asked of it than that it fits.</summary>
    public const string Backfill = "backfill";

    /// <summary>Newest choices that are known; a hierarchy makes one for each of its at most 1,000 jobs.</summary>
    private const int Kept = 8_192;

    /// <summary>Newest records that are kept for the run's proofs.</summary>
    private const int KeptRecords = 1_000;

    private readonly Dictionary<(string Basis, string Job), string> _agents = [];
    private readonly Queue<(string Basis, string Job)> _order = [];
    private readonly Queue<ChoiceRecord> _records = [];

    /// <summary>Oldest first.</summary>
    public IReadOnlyCollection<ChoiceRecord> Records => _records;

    /// <summary>The basis of proposals that follow from a record.</summary>
    public static string BasisOf(string kind, string hash) => $"{kind} {hash}";

    public void Add(ChoiceRecord record, IEnumerable<(string Job, string Agent)> choices)
    {
        var basis = BasisOf(record.Kind, record.Hash);
        foreach (var (job, agent) in choices)
        {
            if (_agents.TryAdd((basis, job), agent))
            {
                _order.Enqueue((basis, job));
            }
        }

        while (_order.Count > Kept)
        {
            _agents.Remove(_order.Dequeue());
        }

        _records.Enqueue(record);
        if (_records.Count > KeptRecords)
        {
            _records.Dequeue();
        }
    }

    /// <summary>Null when a proposal goes where its basis says, otherwise why not.</summary>
    /// <param name="known">Null: nothing is.</param>
    /// <param name="basis">Of the proposal.</param>
    /// <param name="proposal">With a basis.</param>
    internal static string? FindProblem(CertifiedChoices? known, string basis, Proposal proposal) =>
        basis == Backfill ? null
        : known?._agents.GetValueOrDefault((basis, proposal.Job)) is not { } agent ? "what chose its pool is not known"
        : agent == proposal.Agent ? null : $"what chose its pool says {agent}";
}

/// <summary>What proves a choice.</summary>
/// <param name="Kind"><see cref="CertifiedChoices.Auction"/> or <see cref="CertifiedChoices.Hierarchy"/>.</param>
/// <param name="Name">Of the auction, or of this state of the hierarchy; a file's name.</param>
/// <param name="Hash">SHA-256 of the bytes, lower-case hex.</param>
/// <param name="Bytes">The canonical record (RFC 8785).</param>
/// <param name="Certificate">The agents' on the auction; null: everybody computes the same from the jobs and the agents.</param>
public sealed record ChoiceRecord(string Kind, string Name, string Hash, ReadOnlyMemory<byte> Bytes, OutcomeCertificate? Certificate);
