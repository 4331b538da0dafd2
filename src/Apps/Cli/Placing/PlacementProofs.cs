using Quorate.Contracts.Placing;
using Quorate.Storage.Certificates;

namespace Quorate.Cli.Placing;

/// <summary>A run's certificates as files: one for each job that was decided about, and one folder of keys for all.</summary>
internal static class PlacementProofs
{
    /// <returns>A certificate for the hint, and the folder of keys; null when nothing was decided.</returns>
    public static (string Example, string Keys)? Write(string folder, PlacementResult result)
    {
        var decided = result.Jobs.Where(j => j.Certificate is not null).ToList();
        if (decided.Count == 0)
        {
            return null;
        }

        var keys = OutcomeFolder.WriteKeys(folder, "agents", result.Group);
        var files = decided.Select(job => OutcomeFolder.WriteCertificate(folder, job.Name, job.Certificate!.Text)).ToList();
        return (files[0], keys);
    }
}
