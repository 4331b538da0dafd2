using Quorate.Protocol.Consensus;
using Quorate.Storage.Certificates;
using Quorate.Storage.Keys;
using Output = Quorate.Cli.Common.Output;

namespace Quorate.Cli.Views;

/// <summary>What a certificate proves. Of one that proves nothing only the reason is told, since its content may be anything.</summary>
internal sealed record CertificateView
{
    public required bool Valid { get; init; }
    public string? Reason { get; init; }
    public required string Group { get; init; }
    public required int Replicas { get; init; }
    public required int Faults { get; init; }
    public required int Quorum { get; init; }
    public required string KeyDirectory { get; init; }
    public ulong? View { get; init; }
    public ulong? Sequence { get; init; }
    public int? Index { get; init; }
    public int? BatchItems { get; init; }
    public string? BatchDigest { get; init; }
    public IReadOnlyList<string>? Signers { get; init; }
    public DecidedItemView? Item { get; init; }

    /// <summary>What came of computing an auction again.</summary>
    public string? Record { get; init; }

    public static CertificateView Verify(string path, GroupDirectory group)
    {
        var keys = group.Directory;
        var reason = CertificateFile.Read(path, out var certificate) ?? Check(certificate!, group);
        var verdict = new CertificateView
        {
            Valid = reason is null,
            Reason = reason,
            Group = keys.Name,
            Replicas = keys.Membership.Replicas,
            Faults = keys.Membership.Faults,
            Quorum = keys.Membership.Quorum,
            KeyDirectory = keys.Hash.ToString(),
        };
        return reason is not null || certificate is null ? verdict : verdict with
        {
            View = certificate.View,
            Sequence = certificate.Sequence,
            Index = certificate.Index,
            BatchItems = certificate.Count,
            BatchDigest = certificate.Batch.ToString(),
            Signers = [.. certificate.Commits.Select(c => group.IdOf(c.Signer))],
            Item = DecidedItemView.Of(certificate.Decided(), group),
        };
    }

    public void Show(Output output)
    {
        if (!Valid)
        {
            output.Line($"[red]not proven[/]: {Output.Safe(Reason!)}");
            return;
        }

        output.Line($"[green]decided[/] by {Output.Safe(string.Join(", ", Signers!))}: {Signers!.Count} signatures of the {Quorum} needed, from {Replicas} replicas of which {Faults} may lie");
        output.Line($"view {View}, sequence {Sequence}, item {Index + 1} of {BatchItems}, group {Output.Safe(Group)}, key directory {KeyDirectory}");
        foreach (var line in Item!.Lines())
        {
            output.Line(Output.Safe(line));
        }

        if (Record is not null)
        {
            output.Line($"[green]record[/] {Output.Safe(Record)}");
        }
    }

    private static string? Check(QuorumCertificate certificate, GroupDirectory group) => certificate.Directory != group.Directory.Hash
        ? $"made for another key directory, {certificate.Directory}; this one, of the group '{group.Directory.Name}', is {group.Directory.Hash}"
        : certificate.Check(group.Directory) ?? (certificate.Decided() is null ? "the decided item is none that Quorate writes" : null);
}
