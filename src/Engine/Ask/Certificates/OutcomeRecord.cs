using System.Text.Json;
using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Protocol.Provenance;

namespace Quorate.Engine.Ask.Certificates;

/// <summary>
/// What the members of a panel sign: who took part with which answer, who failed and how, and what came of it. Texts are
/// given by their hashes, so that the record is small and the texts can be shown or kept to oneself. Canonical (RFC 8785).
/// </summary>
public sealed record OutcomeRecord
{
    public const string Form = "quorate/outcome/v1";

    /// <summary>Bytes of the canonical form.</summary>
    public const int MaxBytes = 48 * 1024;

    public required string Kind { get; init; }
    public required string JobId { get; init; }

    /// <summary>SHA-256 of the query, lower-case hex; so are the other hashes.</summary>
    public required string QueryHash { get; init; }
    public required QuestionType QuestionType { get; init; }
    public required string Domain { get; init; }

    /// <summary>What could be voted for; empty when nothing was.</summary>
    public required IReadOnlyList<string> Options { get; init; }
    public required bool Weighted { get; init; }

    /// <summary>Usable answers or votes below which the outcome is degraded.</summary>
    public required int Quorum { get; init; }
    public required IReadOnlyList<OutcomeMember> Members { get; init; }
    public required string TextHash { get; init; }
    public required string Method { get; init; }
    public string? Aggregator { get; init; }

    /// <summary>The vote's winner.</summary>
    public string? Answer { get; init; }
    public required double Score { get; init; }
    public required bool Degraded { get; init; }

    /// <summary>Members of the minority report.</summary>
    public required IReadOnlyList<string> Dissent { get; init; }
    public required int Tokens { get; init; }

    /// <summary>US dollars.</summary>
    public required decimal Cost { get; init; }

    public byte[] ToBytes() => CanonicalJson.ToBytes(QuorateJson.ToElement(this));

    /// <summary>Null for bytes that are no canonical record; never throws.</summary>
    public static OutcomeRecord? TryParse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
        {
            return null;
        }

        try
        {
            var record = JsonSerializer.Deserialize<OutcomeRecord>(bytes, QuorateJson.Options);
            return record is { Members: not null, Options: not null, Dissent: not null } && record.ToBytes().AsSpan().SequenceEqual(bytes) ? record : null;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Null for a record whose parts agree with each other, otherwise what does not; never throws.</summary>
    public string? FindProblem() => OutcomeChecks.FindProblem(this);
}

/// <summary>One member's part in an outcome. AnswerHash null: it gave no answer; Error: the typed failure.</summary>
public sealed record OutcomeMember(string Model, string? Role, string Status, string? Error, string? AnswerHash, string? Vote, double? Confidence, int Tokens, decimal Cost);
