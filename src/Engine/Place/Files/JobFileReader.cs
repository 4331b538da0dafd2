using System.Text.Json;
using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Engine.Files;

namespace Quorate.Engine.Place.Files;

/// <summary>Reads jobs as docs/schemas/job.json describes them: one job, a list of jobs, or an object with such a list under <c>jobs</c>.</summary>
public static class JobFileReader
{
    public const int MaxJobs = 100_000;

    /// <summary>Bytes that a file of jobs may have.</summary>
    public const int MaxBytes = 64 * 1024 * 1024;

    private const int MaxWords = 256;
    private const int MaxWord = 4096;
    private const int MaxDependencies = 1000;

    private static readonly FileForm Form = new("job_invalid", "docs/schemas/job.json");
    private static readonly string[] Known = ["name", "cpu_cores", "memory_gb", "gpus", "storage_gb", "walltime_s", "priority", "user", "command", "runtime_s", "submit_s", "depends_on"];

    /// <exception cref="QuorateException">Input, job_invalid: the field, its value and what is allowed.</exception>
    public static IReadOnlyList<JobSpec> Read(string json)
    {
        var root = Form.Parse(json);
        var list = root.ValueKind == JsonValueKind.Array ? Form.Objects(root, "jobs", 1, MaxJobs, Known)
            : root.ValueKind == JsonValueKind.Object && root.EnumerateObject().Any(m => Form.NameOf(m, "") == "jobs") ? new FileFields(Form, root, "", "jobs").Objects("jobs", 1, MaxJobs, Known)
            : [new FileFields(Form, root, "", Known)];
        return Checked([.. list.Select(ReadJob)]);
    }

    private static JobSpec ReadJob(FileFields fields)
    {
        var walltime = fields.Whole("walltime_s", 1, JobSpec.MaxWalltime, 3600);
        return new JobSpec
        {
            Name = fields.Name("name"),
            CpuCores = fields.Whole("cpu_cores", 1, Resources.Most),
            MemoryGb = fields.Exact("memory_gb", 0, Resources.Most / 1024, 0),
            Gpus = fields.Whole("gpus", 0, Resources.Most, 0),
            StorageGb = fields.Whole("storage_gb", 0, Resources.Most, 0),
            WalltimeS = walltime,
            Priority = (int)fields.Whole("priority", -JobSpec.MaxPriority, JobSpec.MaxPriority, 0),
            User = fields.OptionalName("user"),
            Command = fields.Texts("command", MaxWords, MaxWord),
            RuntimeS = fields.OptionalWhole("runtime_s", 0, walltime),
            SubmitS = fields.Whole("submit_s", 0, JobSpec.MaxWalltime, 0),
            DependsOn = fields.Names("depends_on", MaxDependencies),
        };
    }

    private static List<JobSpec> Checked(List<JobSpec> jobs)
    {
        var byName = new Dictionary<string, JobSpec>(jobs.Count);
        foreach (var job in jobs)
        {
            if (!byName.TryAdd(job.Name, job))
            {
                throw Form.Wrong($"two jobs have the name {job.Name}; each needs its own");
            }
        }

        foreach (var job in jobs)
        {
            if (job.DependsOn.FirstOrDefault(d => !byName.ContainsKey(d)) is { } unknown)
            {
                throw Form.Wrong($"{job.Name}.depends_on names {unknown}, which is not among the jobs");
            }

            if (job.DependsOn.Count > 1 && job.DependsOn.GroupBy(d => d).FirstOrDefault(g => g.Count() > 1) is { } twice)
            {
                throw Form.Wrong($"{job.Name}.depends_on names {twice.Key} twice");
            }
        }

        RefuseCycles(jobs, byName);
        return jobs;
    }

    /// <summary>Kahn 1962: what is left when every job without open dependencies is taken away, again and again, holds a cycle.</summary>
    private static void RefuseCycles(List<JobSpec> jobs, Dictionary<string, JobSpec> byName)
    {
        var open = jobs.Where(j => j.DependsOn.Count > 0).ToDictionary(j => j.Name, j => j.DependsOn.Count);
        var followers = jobs.SelectMany(j => j.DependsOn.Select(d => (Of: d, j.Name))).ToLookup(p => p.Of, p => p.Name);
        var ready = new Queue<string>(jobs.Where(j => j.DependsOn.Count == 0).Select(j => j.Name));
        while (ready.TryDequeue(out var done))
        {
            foreach (var follower in followers[done])
            {
                if (--open[follower] == 0)
                {
                    open.Remove(follower);
                    ready.Enqueue(follower);
                }
            }
        }

        if (open.Count > 0)
        {
            var seen = new List<string>();
            for (var name = open.Keys.First(); ; name = byName[name].DependsOn.First(open.ContainsKey))
            {
                if (seen.IndexOf(name) is >= 0 and var start)
                {
                    throw Form.Wrong($"jobs depend on each other in a circle: {PlainText.Line(string.Join(" needs ", [.. seen.Skip(start), name]), 400)}");
                }

                seen.Add(name);
            }
        }
    }
}
