using Quorate.Cli.Common;
using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Files;
using Quorate.Engine.Place.Queueing;
using Quorate.Engine.Place.Workloads;

namespace Quorate.Cli.Commands;

/// <summary>The files that placing commands are given.</summary>
internal static class WorkloadFiles
{
    public const string FiveAgents = "lab/clusters/five-agents.json";

    /// <exception cref="QuorateException">Input: the file cannot be read or is wrong.</exception>
    public static ClusterSpec ReadCluster(string path) => ClusterFileReader.Read(InputFile.ReadText(path, ClusterFileReader.MaxBytes, "cluster_invalid"));

    /// <summary>Faults of the cluster's agents; named after the file.</summary>
    /// <exception cref="QuorateException">Input: a file cannot be read or is wrong.</exception>
    public static IReadOnlyList<(string Name, AgentFaultPlan Plan)> ReadFaults(IReadOnlyList<string> paths, ClusterSpec cluster) =>
        [.. paths.Select(p => (Path.GetFileNameWithoutExtension(p), AgentFaultFileReader.Read(InputFile.ReadText(p, AgentFaultFileReader.MaxBytes, "faults_invalid"), cluster)))];

    /// <summary>A trace in the Standard Workload Format, or jobs as JSON: told apart by the first character.</summary>
    /// <exception cref="QuorateException">Input: the file cannot be read or is wrong.</exception>
    public static (IReadOnlyList<JobSpec> Jobs, IReadOnlyDictionary<string, int> Skipped) ReadJobs(string path)
    {
        try
        {
            using var reader = new StreamReader(path);
            while (reader.Peek() is >= 0 and var c && char.IsWhiteSpace((char)c))
            {
                _ = reader.Read();
            }

            if (reader.Peek() is not ('{' or '['))
            {
                var (jobs, skipped) = SwfFile.Read(reader).ToJobs();
                return jobs.Count > 0 ? (jobs, skipped) : throw QuorateException.Input("trace_empty", $"{path} has no job that can run: {string.Join(", ", skipped.Select(s => $"{s.Value} lines: {s.Key}"))}");
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw QuorateException.Input("trace_unreadable", Directory.Exists(path) ? $"{path} is a folder; a file is needed." : $"{path} cannot be read: {error.Message}", inner: error);
        }

        return (JobFileReader.Read(InputFile.ReadText(path, JobFileReader.MaxBytes, "job_invalid")), new Dictionary<string, int>());
    }

    /// <exception cref="QuorateException">Input: a name that is no policy.</exception>
    public static IReadOnlyList<QueuePolicy> ReadPolicies(string list) =>
        [.. list.Split(',').Select(name => Enum.GetValues<QueuePolicy>().Cast<QueuePolicy?>().FirstOrDefault(p => QuorateJson.NameOf(p!.Value) == name.Trim())
            ?? throw QuorateException.Input("policy_unknown", $"--policies names '{name.Trim()}'; allowed are {string.Join(", ", Enum.GetValues<QueuePolicy>().Select(QuorateJson.NameOf))}")).Distinct()];
}
