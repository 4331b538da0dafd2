using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Triage;
using Quorate.Protocol.Consensus;
using Quorate.Storage.Certificates;

namespace Quorate.Cli.Common;

/// <summary>Writes certificates out of the ledger to files that <c>quorate certificate verify</c> reads.</summary>
internal static class CertificateExport
{
    /// <summary>The files written, one for each decided approval: <c>INCIDENT-vVERSION-TASK[-undo].cert</c>.</summary>
    /// <exception cref="QuorateException">Missing: the folder cannot be written.</exception>
    public static IReadOnlyList<string> Write(IReadOnlyList<LedgerEntry> entries, string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw QuorateException.Missing("certificate_unwritable", $"the folder {folder} cannot be made: {e.Message}", OutcomeFolder.Hint, e);
        }

        var files = new List<string>();
        foreach (var entry in entries.Where(e => e.Kind == LedgerKinds.Approval))
        {
            var approval = entry.Read<ApprovalRecorded>();
            if (approval.Certificate is { } text && QuorumCertificate.TryDecode(Convert.FromBase64String(text), out var certificate))
            {
                // Ids of plans come from planners: only plain characters become part of a name.
                var task = string.Concat(approval.TaskId!.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '_'));
                var path = Path.Combine(folder, $"{entry.Subject}-v{approval.PlanVersion}-{task}{(approval.Undo ? "-undo" : "")}.cert");
                CertificateFile.Write(path, certificate);
                files.Add(path);
            }
        }

        return files;
    }
}
