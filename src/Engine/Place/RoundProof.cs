using System.Security.Cryptography;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Agreement;
using Quorate.Protocol.Consensus;

namespace Quorate.Engine.Place;

/// <summary>What proves a decided record.</summary>
internal static class RoundProof
{
    public static PlacementCertificate Of(PlacementRecord record, Item item, QuorumCertificate certificate, IReadOnlyList<string> agents) =>
        new(record.Round, Convert.ToHexStringLower(SHA256.HashData(item.Request.Payload)), [.. certificate.Commits.Select(c => agents[c.Signer])], CertificateText.Write(certificate));
}
