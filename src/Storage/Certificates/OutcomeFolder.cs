using System.Text;
using System.Text.Json;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Storage.Keys;

namespace Quorate.Storage.Certificates;

/// <summary>A signed outcome as files: <c>JOB.cert</c>, and in <c>JOB.keys/</c> the public keys of those who could sign it.</summary>
public static class OutcomeFolder
{
    /// <summary>What to do about a folder that cannot be written.</summary>
    public const string Hint = "name a folder that can be written, or one that is not there yet";

    private const string ProbeFile = ".quorate-probe";

    /// <summary>Makes the folder and tries to write into it, so that a wrong one is found out before any work is done.</summary>
    /// <exception cref="QuorateException">Missing: certificate_unwritable.</exception>
    public static void Prepare(string folder) => Write(folder, Path.Combine(folder, ProbeFile), probe =>
    {
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(probe, []);
        File.Delete(probe);
    });

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

    /// <summary>What a certificate is about, where its text holds only the hash: <c>NAME.record.json</c>.</summary>
    /// <param name="folder">Made when it is not there.</param>
    /// <param name="name">The certificate's.</param>
    /// <param name="record">Canonical JSON.</param>
    /// <returns>The record's path.</returns>
    /// <exception cref="QuorateException">Missing: certificate_unwritable. Input: a name that can be no file's.</exception>
    public static string WriteRecord(string folder, string name, ReadOnlySpan<byte> record)
    {
        GroupRules.CheckId("name", name);
        var bytes = record.ToArray();
        return Write(folder, Path.Combine(folder, $"{name}.record.json"), file =>
        {
            Directory.CreateDirectory(folder);
            DurableFile.Replace(file, bytes, readableByAll: true);
        });
    }

    private static string Write(string folder, string path, Action<string> write)
    {
        try
        {
            write(path);
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw QuorateException.Missing("certificate_unwritable", File.Exists(folder) ? $"{folder} is a file; a folder is needed" : $"{folder} cannot be written: {e.Message}", Hint, e);
        }
    }
}
