using System.Text;
using Quorate.Contracts.Placing;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Recording;
using Quorate.Protocol.Consensus;
using Quorate.Storage.Certificates;

namespace Quorate.Cli.Placing;

/// <summary>A run's certificates as files: one for each job that was decided about, and a folder of keys for all; one more for each part of a run that was resumed.</summary>
internal static class PlacementProofs
{
    /// <param name="folder">Made when it is not there.</param>
    /// <param name="result">Of the run.</param>
    /// <param name="earlier">Who signed in the parts of the run before this one.</param>
    /// <param name="choices">What proposals rested on beside the fit; null: nothing.</param>
    /// <returns>A certificate for the hint, and its folder of keys; null when nothing was decided.</returns>
    public static (string Example, string Keys)? Write(string folder, PlacementResult result, IReadOnlyList<OutcomeGroup> earlier, CertifiedChoices? choices)
    {
        foreach (var choice in choices?.Records ?? [])
        {
            Write(folder, choice);
        }

        var decided = result.Jobs.Where(j => j.Certificate is not null).ToList();
        if (decided.Count == 0)
        {
            return null;
        }

        var keys = earlier.Select((group, i) => (group, Folder: OutcomeFolder.WriteKeys(folder, $"agents-part-{i + 1}", group))).ToList();
        keys.Add((result.Group, OutcomeFolder.WriteKeys(folder, "agents", result.Group)));
        var files = decided.Select(job => OutcomeFolder.WriteCertificate(folder, job.Name, job.Certificate!.Text)).ToList();
        CertificateText.Read(Encoding.ASCII.GetBytes(decided[0].Certificate!.Text), out var first);
        return (files[0], keys.First(k => RecordedRun.DirectoryOf(k.group).Hash == first!.Directory).Folder);
    }

    /// <summary>What jobs' pools were chosen by: the record, and what certifies it with keys of its own.</summary>
    private static void Write(string folder, ChoiceRecord choice)
    {
        var name = $"{choice.Kind}-{choice.Name}";
        if (choice.Certificate is { } certificate)
        {
            OutcomeFolder.Write(folder, name, certificate);
        }

        OutcomeFolder.WriteRecord(folder, name, choice.Bytes.Span);
    }
}
