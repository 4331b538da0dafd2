using System.Security.Cryptography;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Agreement;
using Quorate.Protocol.Consensus;

namespace Quorate.Engine.Place;

/// <summary>A decided record and what proves it.</summary>
internal sealed record RoundProof(PlacementRecord Record, PlacementCertificate Certificate)
{
    public static RoundProof Of(Item item, QuorumCertificate certificate, IReadOnlyList<string> agents)
    {
        var record = PlacementRecord.TryParse(item.Request.Payload)!;
        return new RoundProof(record, new PlacementCertificate(
            record.Round, Convert.ToHexStringLower(SHA256.HashData(item.Request.Payload)), [.. certificate.Commits.Select(c => agents[c.Signer])], CertificateText.Write(certificate)));
    }
}
