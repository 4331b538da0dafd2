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
    /// <returns>The certificate's path and its keys' folder.</returns>
    /// <exception cref="QuorateException">Missing: certificate_unwritable. Input: ids that can be no file's name.</exception>
    public static (string Certificate, string Keys) Write(string folder, string jobId, OutcomeCertificate certificate)
    {
        GroupRules.CheckId("job_id", jobId);
        var keys = WriteKeys(folder, jobId, certificate.Group);
        return (WriteCertificate(folder, jobId, certificate.Text), keys);
    }

    /// <param name="folder">Made when it is not there.</param>
    /// <param name="name">Names the folder of keys.</param>
    /// <param name="group">Whose keys.</param>
    /// <returns>The keys' folder.</returns>
    /// <exception cref="QuorateException">Missing: certificate_unwritable. Input: ids that can be no file's name.</exception>
    public static string WriteKeys(string folder, string name, OutcomeGroup group)
    {
        GroupRules.CheckId("name", name);
        GroupRules.Check(group.Name, group.Faults, group.Replicas, group.Clients);
        return Write(folder, Path.Combine(folder, $"{name}.keys"), keys =>
        {
            Directory.CreateDirectory(keys);
            foreach (var (id, pem) in group.Replicas.Concat(group.Clients).Zip(group.Keys))
            {
                DurableFile.Replace(Path.Combine(keys, $"{id}.pem"), Encoding.ASCII.GetBytes(pem), readableByAll: true);
            }

            var info = new GroupInfo(group.Name, group.Faults, group.Replicas, group.Clients);
            DurableFile.Replace(Path.Combine(keys, GroupKeys.GroupFile), JsonSerializer.SerializeToUtf8Bytes(info, QuorateJson.Indented), readableByAll: true);
        });
    }

    /// <param name="folder">Is there.</param>
    /// <param name="jobId">Names the certificate.</param>
    /// <param name="text">Of the certificate.</param>
    /// <returns>The certificate's path.</returns>
    /// <exception cref="QuorateException">Missing: certificate_unwritable. Input: an id that can be no file's name.</exception>
    public static string WriteCertificate(string folder, string jobId, string text)
    {
        GroupRules.CheckId("job_id", jobId);
        return Write(folder, Path.Combine(folder, $"{jobId}.cert"), file => DurableFile.Replace(file, Encoding.ASCII.GetBytes(text), readableByAll: true));
    }

    private static string Write(string folder, string path, Action<string> write)
    {
        try
        {
            write(path);
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw QuorateException.Missing("certificate_unwritable", $"{folder} cannot be written: {e.Message}", inner: e);
        }
    }
}
