using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Agreement;
using Quorate.Storage.Certificates;

namespace Quorate.Cli.Placing;

/// <summary>A run's certificates as files: one for each job that was decided about, and one folder of keys for all.</summary>
internal static class PlacementProofs
{
    /// <returns>A certificate for the hint, and the folder of keys; null when nothing was decided.</returns>
    public static (string Example, string Keys)? Write(string folder, PlacementResult result, CertifiedChoices? choices)
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

        var keys = OutcomeFolder.WriteKeys(folder, "agents", result.Group);
        var files = decided.Select(job => OutcomeFolder.WriteCertificate(folder, job.Name, job.Certificate!.Text)).ToList();
        return (files[0], keys);
    }

    /// <summary>What jobs' pools were chosen by: the record, and what certifies it with keys of its own.</summary>
    private static void Write(string folder, ChoiceRecord choice)
    {
        var name = $"{choice.Kind}-{choice.Name}";
        if (choice.Certificate is { } certificate)
        {
            OutcomeFolder.Write(folder, name, certificate);
        }

        var path = Path.Combine(folder, $"{name}.record.json");
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllBytes(path, choice.Bytes.ToArray());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw QuorateException.Missing("certificate_unwritable", $"{path} cannot be written: {e.Message}", inner: e);
        }
    }
}
