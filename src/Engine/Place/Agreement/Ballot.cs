using System.Text.Json;
using System.Text.Json.Serialization;
using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Provenance;

namespace Quorate.Engine.Place.Agreement;

/// <summary>
/// One agent's signed opinion on a record: a vote on each proposal and each change, in their order, and what it says is free
/// in its own pool once the record's releases are done.
/// </summary>
public sealed record Ballot
{
    public required IReadOnlyList<BallotVote> Votes { get; init; }

    /// <summary>Whether each change is agreed to.</summary>
    public required IReadOnlyList<bool> Changes { get; init; }

    public required ProposedNeeds Free { get; init; }

    public byte[] ToBytes() => CanonicalJson.ToBytes(QuorateJson.ToElement(this));

    /// <summary>Null for bytes that are no canonical ballot; never throws.</summary>
    public static Ballot? TryParse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > ConsensusLimits.ValueBytes)
        {
            return null;
        }

        try
        {
            var ballot = JsonSerializer.Deserialize<Ballot>(bytes, QuorateJson.Options);
            return ballot is { Votes: not null, Changes: not null, Free: not null } && ballot.Votes.All(IsRight) && ballot.ToBytes().AsSpan().SequenceEqual(bytes) ? ballot : null;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            return null;
        }
    }

    private static bool IsRight(BallotVote vote) =>
        vote is { Vote: AgentVote.Accept or AgentVote.Reject, Source: VoteSource.Llm or VoteSource.Rules, Reasoning: not null, Confidence: >= 0 and <= 1 };
}

/// <summary>A vote as it is signed.</summary>
public sealed record BallotVote(string Vote, double Confidence, string Source, string Reasoning)
{
    [JsonIgnore]
    public bool Accepts => Vote == AgentVote.Accept;
}
