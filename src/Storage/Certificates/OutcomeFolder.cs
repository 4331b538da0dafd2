using System.Text;
using System.Text.Json;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Storage.Keys;

namespace Quorate.Storage.Certificates;

/// <summary>A signed outcome as files: <c>JOB.cert</c>, and in <c>JOB.keys/</c> the public keys of those who could sign it.</summary>
public static class OutcomeFolder
{
    /// <param name="folder">Made when it is not there.</param>
    /// <param name="jobId">Names the certificate.</param>
    /// <param name="certificate">To be written.</param>
    /// <param name="keysName">Names the folder of keys, when several certificates share one; null: as the certificate.</param>
    /// <returns>The certificate's path and its keys' folder.</returns>
    /// <exception cref="QuorateException">Missing: certificate_unwritable. Input: ids that can be no file's name.</exception>
    public static (string Certificate, string Keys) Write(string folder, string jobId, OutcomeCertificate certificate, string? keysName = null)
    {
        var group = certificate.Group;
        GroupRules.CheckId("job_id", jobId);
        GroupRules.Check(group.Name, group.Faults, group.Replicas, group.Clients);
        var (file, keys) = (Path.Combine(folder, $"{jobId}.cert"), Path.Combine(folder, $"{keysName ?? jobId}.keys"));
        try
        {
            Directory.CreateDirectory(keys);
            foreach (var (id, pem) in group.Replicas.Concat(group.Clients).Zip(group.Keys))
            {
                DurableFile.Replace(Path.Combine(keys, $"{id}.pem"), Encoding.ASCII.GetBytes(pem), readableByAll: true);
            }

            var info = new GroupInfo(group.Name, group.Faults, group.Replicas, group.Clients);
            DurableFile.Replace(Path.Combine(keys, GroupKeys.GroupFile), JsonSerializer.SerializeToUtf8Bytes(info, QuorateJson.Indented), readableByAll: true);
            DurableFile.Replace(file, Encoding.ASCII.GetBytes(certificate.Text), readableByAll: true);
            return (file, keys);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw QuorateException.Missing("certificate_unwritable", $"{folder} cannot be written: {e.Message}", inner: e);
        }
    }
}
