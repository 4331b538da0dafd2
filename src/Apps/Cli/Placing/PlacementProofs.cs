using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Contracts.Provenance;
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

        var keys = "";
        foreach (var job in decided)
        {
            var proof = job.Certificate!;
            var outcome = new OutcomeCertificate { OutcomeHash = proof.OutcomeHash, Outcome = QuorateJson.ToElement(new { }), Signers = proof.Signers, Text = proof.Text, Group = result.Group };
            keys = OutcomeFolder.Write(folder, job.Name, outcome, "agents").Keys;
        }

        return (Path.Combine(folder, $"{decided[0].Name}.cert"), keys);
    }
}
