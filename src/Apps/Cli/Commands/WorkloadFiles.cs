using System.CommandLine;
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

    public static Option<string?> Cluster() => new("--cluster") { Description = $"The cluster (docs/schemas/cluster.json; default: {FiveAgents} of the installation).", HelpName = "FILE" };

    /// <param name="path">Null: the shipped one, wherever the command is run.</param>
    /// <exception cref="QuorateException">Input: the file cannot be read or is wrong. Missing: nothing is shipped with the program.</exception>
    public static ClusterSpec ReadCluster(string? path) => InputFile.Read(path ?? ShippedFiles.Find(FiveAgents), ClusterFileReader.MaxBytes, "cluster_file", ClusterFileReader.Read);

    /// <summary>Faults of the cluster's agents.</summary>
    /// <exception cref="QuorateException">Input: the file cannot be read or is wrong.</exception>
    public static AgentFaultPlan ReadFaults(string path, ClusterSpec cluster) => InputFile.Read(path, AgentFaultFileReader.MaxBytes, "faults_file", json => AgentFaultFileReader.Read(json, cluster));

    /// <summary>Named after the files.</summary>
    /// <exception cref="QuorateException">Input: a file cannot be read or is wrong.</exception>
    public static IReadOnlyList<(string Name, AgentFaultPlan Plan)> ReadFaults(IReadOnlyList<string> paths, ClusterSpec cluster) =>
        [.. paths.Select(p => (Path.GetFileNameWithoutExtension(p), ReadFaults(p, cluster)))];

    /// <summary>The jobs of all files together.</summary>
    /// <exception cref="QuorateException">Input: a file cannot be read or is wrong, or two jobs have one name.</exception>
    public static IReadOnlyList<JobSpec> ReadJobs(IReadOnlyList<string> paths)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        var jobs = new List<JobSpec>();
        foreach (var path in paths)
        {
            var read = InputFile.Read(path, JobFileReader.MaxBytes, "job_file", JobFileReader.Read);
            if (read.FirstOrDefault(job => !files.TryAdd(job.Name, path)) is { } twice)
            {
                throw QuorateException.Input("job_twice", $"{path}: the job {twice.Name} is in {files[twice.Name]} as well", "each job of a run needs a name of its own");
            }

            jobs.AddRange(read);
        }

        return jobs;
    }

    /// <summary>A trace in the Standard Workload Format, or jobs as JSON: told apart by the first character.</summary>
    /// <exception cref="QuorateException">Input: the file cannot be read or is wrong.</exception>
    public static (IReadOnlyList<JobSpec> Jobs, IReadOnlyDictionary<string, int> Skipped) ReadTrace(string path)
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
                return jobs.Count > 0 ? (jobs, skipped) : throw QuorateException.Input("trace_empty", $"it has no job that can run: {SwfFile.Describe(skipped)}", "docs/workloads.md says what a job needs");
            }
        }
        catch (QuorateException error)
        {
            throw QuorateException.Input(error.Code, $"{path}: {error.Message}", error.Hint, error);
        }
        catch (Exception error) when (InputFile.IsFileProblem(error))
        {
            throw InputFile.Unreadable(path, "trace_unreadable", error);
        }

        return (InputFile.Read(path, JobFileReader.MaxBytes, "trace_unreadable", JobFileReader.Read), new Dictionary<string, int>());
    }

    /// <exception cref="QuorateException">Input: a name that is no policy, or twice the same.</exception>
    public static IReadOnlyList<QueuePolicy> ReadPolicies(string list)
    {
        var allowed = Enum.GetValues<QueuePolicy>().ToDictionary(QuorateJson.NameOf, StringComparer.Ordinal);
        var names = list.Split(',', StringSplitOptions.TrimEntries);
        var hint = $"for example --policies {string.Join(',', allowed.Keys)}";
        return Array.Find(names, n => !allowed.ContainsKey(n)) is { } unknown
            ? throw QuorateException.Input("policy_unknown", $"--policies names '{PlainText.Line(unknown, 60)}'; allowed are {string.Join(", ", allowed.Keys)}", hint)
            : names.Distinct(StringComparer.Ordinal).Count() < names.Length
            ? throw QuorateException.Input("policy_twice", $"--policies is '{list}'; each policy is allowed once", hint)
            : [.. names.Select(n => allowed[n])];
    }
}
