using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Quorate.Cli.Views;
using Quorate.Contracts.Coordination;
using Quorate.Protocol.Auction;
using Quorate.Protocol.Consensus.Crypto;
using Quorate.Storage.Keys;

namespace Quorate.Cli.Coordination;

/// <summary>Whether an auction's record is the one that a valid certificate decides, and its outcome what its bids give.</summary>
internal static class AuctionProof
{
    public static CertificateView Check(CertificateView certificate, string text, GroupDirectory group)
    {
        var record = AuctionRecords.TryParse(Encoding.UTF8.GetBytes(text.TrimEnd('\n')));
        var problem = record is null ? "the record is no canonical record of an auction"
            : HashIn(certificate) != AuctionRecords.HashOf(record) ? "the record is another than the certificate decides"
            : record.Participants.FirstOrDefault(p => !HasKeyOf(group, p)) is { } other ? $"the record holds another key of {other.Name} than the group's"
            : AuctionRecords.FindProblem(record);
        return problem is null
            ? certificate with { Record = $"computed again from {record!.Participants.Sum(p => p.Commitments.Count)} sealed bids: the outcome follows" }
            : certificate with { Valid = false, Reason = problem };
    }

    private static string? HashIn(CertificateView certificate) =>
        certificate.Item?.Payload.Json is { ValueKind: JsonValueKind.Object } decision && decision.TryGetProperty("record_hash", out var hash) ? hash.GetString() : null;

    /// <summary>True also for an agent that is no member of the group.</summary>
    private static bool HasKeyOf(GroupDirectory group, AuctionParticipant agent)
    {
        for (var i = 0; i < group.Replicas.Count; i++)
        {
            if (group.Replicas[i] == agent.Name)
            {
                return PointOf(agent.PublicKey) is { } point && point.AsSpan().SequenceEqual(group.Directory.Key(i));
            }
        }

        return true;
    }

    private static byte[]? PointOf(string publicKey)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(Convert.FromBase64String(publicKey), out _);
            return P256Crypto.PublicKey(key);
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            return null;
        }
    }
}
