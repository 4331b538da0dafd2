using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Quorate.Contracts;
using Quorate.Contracts.Coordination;
using Quorate.Protocol.Provenance;

namespace Quorate.Protocol.Auction;

/// <summary>Writes records of auctions, and computes them again to see whether they are right.</summary>
public static class AuctionRecords
{
    /// <summary>Bytes of a record.</summary>
    public const int MaxBytes = 16 << 20;

    /// <summary>Earlier auctions that count.</summary>
    public const int MaxPast = 100;

    private const int MaxCommitments = 2;

    private static readonly JsonSerializerOptions Strict = new(QuorateJson.Options)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>The record of these messages.</summary>
    /// <param name="notice">The auction, with a checked task.</param>
    /// <param name="participants">In any order, each once.</param>
    /// <param name="past">Earlier auctions, oldest first; of more than <see cref="MaxPast"/> the newest count.</param>
    public static AuctionRecord Create(AuctionNotice notice, IEnumerable<AuctionParticipant> participants, IReadOnlyList<PastAuction> past)
    {
        AuctionParticipant[] ordered = [.. participants.OrderBy(p => p.Name, StringComparer.Ordinal)];
        PastAuction[] newest = [.. past.TakeLast(MaxPast)];
        using var keys = new AuctionKeys();
        foreach (var participant in ordered)
        {
            keys.TryAdd(participant.Name, participant.PublicKey);
        }

        ordered = [.. ordered.Select(p => p with { Commitments = Distinct(notice, p, keys) })];

        return new AuctionRecord
        {
            Kind = AuctionRecord.Form,
            AuctionId = notice.AuctionId,
            Task = notice.Task,
            Participants = ordered,
            Past = newest,
            Outcome = Evaluate(notice, ordered, newest, keys),
        };
    }

    // Two signed ones convict; junk and copies in front of them must not hide that. With no signed one, two unsigned show what came.
    private static IReadOnlyList<SignedCommitment> Distinct(AuctionNotice notice, AuctionParticipant participant, AuctionKeys keys) =>
        participant.Commitments.Count < 2 ? participant.Commitments :
        [.. participant.Commitments
            .OrderBy(c => !keys.Verify(notice, AuctionStatement.Commitment, participant.Name, c.Hash, c.Signature))
            .ThenBy(c => c.Hash, StringComparer.Ordinal)
            .DistinctBy(c => c.Hash)
            .Take(MaxCommitments)
            .OrderBy(c => c.Hash, StringComparer.Ordinal)];

    public static byte[] ToBytes(AuctionRecord record) => CanonicalJson.ToBytes(QuorateJson.ToElement(record));

    /// <summary>SHA-256 of the canonical record, in hex.</summary>
    public static string HashOf(AuctionRecord record) => Convert.ToHexStringLower(SHA256.HashData(ToBytes(record)));

    /// <summary>Null for bytes that are no canonical record; never throws.</summary>
    public static AuctionRecord? TryParse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var record = bytes.Length <= MaxBytes ? JsonSerializer.Deserialize<AuctionRecord>(bytes, Strict) : null;
            return record is not null && ToBytes(record).AsSpan().SequenceEqual(bytes) ? record : null;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>What members sign of a record.</summary>
    public static AuctionDecision DecisionOf(AuctionRecord record) => new()
    {
        Kind = AuctionDecision.Form,
        AuctionId = record.AuctionId,
        Task = record.Task.Name,
        Reserve = record.Task.Requirements.MaxCost,
        Agents = record.Participants.Count,
        Bids = record.Outcome.Ranking.Count,
        Winner = record.Outcome.Winner,
        Cost = record.Outcome.Bid?.Cost,
        Price = record.Outcome.Price,
        RunnerUp = record.Outcome.RunnerUp,
        Reason = record.Outcome.Reason,
        RecordHash = HashOf(record),
    };

    /// <summary>What later auctions need to know of this one.</summary>
    public static PastAuction PastOf(AuctionOutcome outcome) =>
        new(outcome.Bid?.Approach ?? [], [.. outcome.Evidence.Select(e => e.Agent).Distinct(StringComparer.Ordinal)], outcome.Winner);

    /// <summary>Null for a record whose outcome follows from its messages, otherwise what does not; never throws.</summary>
    public static string? FindProblem(AuctionRecord record)
    {
        using var keys = new AuctionKeys();
        if (FindWrongInput(record, keys) is { } wrong)
        {
            return wrong;
        }

        var (claimed, right) = (record.Outcome, Evaluate(new AuctionNotice(record.AuctionId, record.Task), record.Participants, record.Past, keys));
        return claimed.Winner != right.Winner ? $"the winner is {right.Winner ?? "nobody"}, not {claimed.Winner ?? "nobody"}"
            : claimed.Price != right.Price ? $"the price is {right.Price:0.######}, not {claimed.Price:0.######}"
            : !CanonicalJson.ToBytes(QuorateJson.ToElement(claimed)).AsSpan().SequenceEqual(CanonicalJson.ToBytes(QuorateJson.ToElement(right))) ? "the outcome is not what the bids give"
            : null;
    }

    private static AuctionOutcome Evaluate(AuctionNotice notice, IReadOnlyList<AuctionParticipant> participants, IReadOnlyList<PastAuction> past, AuctionKeys keys)
    {
        var admission = Admission.Of(notice, participants, keys);
        return BidEvaluation.Evaluate(notice.AuctionId, notice.Task, admission.Bids, past, admission.Excluded, admission.Evidence);
    }

    private static string? FindWrongInput(AuctionRecord record, AuctionKeys keys)
    {
        try
        {
            AuctionRules.Check(record.Task);
        }
        catch (QuorateException e)
        {
            return e.Message;
        }

        if (record.Kind != AuctionRecord.Form || !NameRule.IsName(record.AuctionId))
        {
            return $"it is no {AuctionRecord.Form}";
        }

        if (record.Participants.Count > AgentsFile.MaxAgents || record.Past.Count > MaxPast || record.Past.Any(p => p is null || p.Approach.Count > AuctionRules.MaxApproach || p.Approach.Contains(null!) || p.Defaulted.Contains(null!)))
        {
            return "it has more agents or earlier auctions than there may be";
        }

        string? before = null;
        foreach (var participant in record.Participants)
        {
            if (participant is null || !NameRule.IsName(participant.Name) || string.CompareOrdinal(before, participant.Name) >= 0)
            {
                return "its agents are not each there once, in the order of their names";
            }

            before = participant.Name;
            if (participant.Commitments.Count > MaxCommitments || participant.Commitments.Contains(null!) || TrackRecords.FindProblem(participant.Track) is not null || !keys.TryAdd(participant.Name, participant.PublicKey))
            {
                return $"the part of {participant.Name} cannot be";
            }
        }

        return null;
    }
}
