using System.Text.Json;
using Quorate.Contracts;
using Quorate.Protocol.Provenance;

namespace Quorate.Engine.Approval.Reviewers;

/// <summary>One member of the panel. Pure: the same record gives the same opinion, on any thread.</summary>
public interface IReviewer
{
    /// <summary>Short and stable; also the name of its key.</summary>
    string Name { get; }

    ReviewOpinion Review(ReviewRecord record);
}

/// <summary>A reviewer's answer. Reason: one sentence for a person.</summary>
public sealed record ReviewOpinion(bool Approves, string Reason)
{
    /// <summary>Characters of a reason.</summary>
    public const int MaxReason = 500;

    private const int MaxBytes = 4096;

    public static ReviewOpinion Approve(string reason) => new(true, reason);

    public static ReviewOpinion Refuse(string reason) => new(false, reason);

    /// <summary>The form in which it is signed.</summary>
    public byte[] ToBytes() => CanonicalJson.ToBytes(QuorateJson.ToElement(
        Reason.Length > MaxReason ? this with { Reason = Reason[..MaxReason] } : this));

    /// <summary>Null for bytes that are no canonical opinion; never throws.</summary>
    public static ReviewOpinion? TryParse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
        {
            return null;
        }

        try
        {
            var opinion = JsonSerializer.Deserialize<ReviewOpinion>(bytes, QuorateJson.Options);
            return opinion is { Reason: not null } && opinion.ToBytes().AsSpan().SequenceEqual(bytes) ? opinion : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
