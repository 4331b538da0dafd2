using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Quorate.Contracts;
using Quorate.Contracts.Coordination;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Panels;
using Quorate.Protocol.Auction;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Provenance;

namespace Quorate.Engine.Coordination;

/// <summary>
/// Has the agents agree on an auctioneer's record by consensus. Each accepts only the record that it computes itself from the signed
/// messages, so an auctioneer decides nothing; when it lies, the next one proposes.
/// </summary>
internal sealed class AuctionCertifier(IMemberKeys keys, string auctionId, IReadOnlyList<string> agents)
{
    /// <summary>More than these add little trust and much work: every member hears every other one.</summary>
    public const int MaxMembers = 31;

    /// <summary>Who signs: all agents, of more than <see cref="MaxMembers"/> those drawn by SHA-256 over auction and name.</summary>
    public IReadOnlyList<string> Members { get; } = [.. agents
        .OrderBy(name => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{auctionId}\0member\0{name}"))), StringComparer.Ordinal)
        .Take(MaxMembers)];

    public int MaxLiars => Membership.Largest(Members.Count).Faults;

    /// <summary>In turn; among so many at least one is honest.</summary>
    public IEnumerable<string> Auctioneers => Members.Take(MaxLiars + 1);

    /// <param name="turn">Number of the auctioneer, from 0.</param>
    /// <param name="proposal">Its record.</param>
    /// <param name="own">The record that the members compute; in one process all of them hold the same messages, so it is computed once.</param>
    /// <param name="cancellationToken">Ends it without a certificate.</param>
    /// <returns>Null when no quorum accepts the proposal.</returns>
    public async Task<OutcomeCertificate?> CertifyAsync(int turn, AuctionRecord proposal, AuctionRecord own, CancellationToken cancellationToken)
    {
        var (proposed, accepted) = (DecisionOf(proposal), DecisionOf(own));
        using var group = MemberGroup.Open(keys, $"{auctionId}-{turn + 1}", Members, bytes => FindProblem(bytes.Span));
        return await group.CertifyAsync(proposed, (_, bytes) => bytes.Span.SequenceEqual(accepted), cancellationToken);
    }

    private static byte[] DecisionOf(AuctionRecord record) => CanonicalJson.ToBytes(QuorateJson.ToElement(AuctionRecords.DecisionOf(record)));

    /// <summary>Of the bytes alone. Whether they follow from the bids is each member's own opinion, so that a lie is refused by a decision instead of blocking one.</summary>
    private static string? FindProblem(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize<AuctionDecision>(bytes, QuorateJson.Options) is { Kind: AuctionDecision.Form } ? null : $"it is no {AuctionDecision.Form}";
        }
        catch (JsonException)
        {
            return $"it is no {AuctionDecision.Form}";
        }
    }
}
