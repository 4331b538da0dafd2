using System.Globalization;
using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Cluster;

namespace Quorate.Engine.Place.Workloads;

/// <summary>What is generated.</summary>
public sealed record GeneratorOptions
{
    public const int MaxJobs = 1_000_000;

    /// <summary>1 to <see cref="MaxJobs"/>.</summary>
    public required int Jobs { get; init; }

    public required int Seed { get; init; }

    /// <summary>Core-seconds asked for beside those there are while jobs arrive; above 0, at most 2.</summary>
    public double Load { get; init; } = 0.7;

    /// <summary>1 to 10,000. The k-th most active submits 1/k as many jobs as the first (Zipf).</summary>
    public int Users { get; init; } = 50;
}

/// <summary>
/// Makes workloads in the style of Lublin and Feitelson (<see cref="LublinModel"/>) that fit a cluster. Ours beyond the model: users;
/// memory for each core, 0.25 to 4 GB; and requested times: the run time times 1 to 5, evenly (the f-model of Feitelson and Weil 1998),
/// rounded up to a time that people write (Tsafrir, Etsion and Feitelson 2005 found twenty such values in most requests). The same seed
/// gives the same trace.
/// </summary>
public static class WorkloadGenerator
{
    private const double MostOverestimate = 5;
    private const int MinMemoryKb = 256 * 1024;
    private const int MemorySteps = 5;

    private static readonly long[] RoundTimes =
        [60, 300, 600, 900, 1200, 1800, 2700, 3600, 5400, 7200, 10_800, 14_400, 18_000, 21_600, 28_800, 36_000, 43_200, 64_800, 86_400, 129_600, 172_800, 259_200, 432_000, 864_000];

    /// <exception cref="QuorateException">Input, workload_too_long: jobs would come later than a job file can say.</exception>
    public static SwfTrace Generate(ClusterSpec cluster, GeneratorOptions options, string command)
    {
        var nodes = new NodePools(cluster);
        var largest = Math.Min(Resources.Most, nodes.Pools.Max(p => p.Node.CpuCores * p.MostNodes));
        var random = new RandomVariates(options.Seed);
        var model = new LublinModel(random, largest);
        var users = new double[options.Users];
        for (var (user, sum) = (0, 0.0); user < users.Length; user++)
        {
            users[user] = sum += 1.0 / (user + 1);
        }

        var drafts = new List<SwfJob>(options.Jobs);
        var gaps = new double[options.Jobs];
        for (var i = 0; i < options.Jobs; i++)
        {
            drafts.Add(Draft(i + 1, model, random, nodes, users));
            gaps[i] = model.Gap();
        }

        // The gaps are scaled before the day shapes them, so that the load changes and the daily cycle does not.
        var work = drafts.Sum(j => (double)j.RunS * j.RequestedProcessors);
        var factor = work / (nodes.Total.CpuCores * options.Load * gaps.Sum());
        var jobs = drafts.Select((job, i) => job with { SubmitS = (long)model.Arrive(gaps[i] * factor) }).ToList();
        return jobs[^1].SubmitS > JobSpec.MaxWalltime
            ? throw QuorateException.Input("workload_too_long", $"the last of {Counted.Of(options.Jobs, "job")} would come after {jobs[^1].SubmitS / 86_400.0 / 365:N0} years; at most {JobSpec.MaxWalltime / 86_400 / 365} are allowed", "make fewer jobs, or a higher load")
            : new SwfTrace(Header(cluster, options, command, nodes.Total.CpuCores), jobs, new Dictionary<string, int>());
    }

    private static SwfJob Draft(long number, LublinModel model, RandomVariates random, NodePools nodes, double[] users)
    {
        var size = model.Size();
        var runs = model.RunTime(size);
        var user = random.Weighted(users) + 1;
        var estimate = runs * (1 + (random.Uniform() * (MostOverestimate - 1)));
        var asked = Array.Find(RoundTimes, t => t >= estimate) is > 0 and var round ? round : (long)Math.Ceiling(estimate);
        // Halved until it fits some pool: whole-pool jobs cannot have much memory for each core.
        long memoryKb = MinMemoryKb << random.Below(MemorySteps);
        while (memoryKb > 0 && nodes.Shortages(new Resources(size, (memoryKb * size / 1024) + 1, 0, 0)).Count > 0)
        {
            memoryKb /= 2;
        }

        return new SwfJob { Number = number, SubmitS = 0, RunS = runs, AllocatedProcessors = size, RequestedProcessors = size, RequestedS = asked, RequestedMemoryKb = memoryKb, Status = 1, User = user, Group = 1 };
    }

    private static KeyValuePair<string, string>[] Header(ClusterSpec cluster, GeneratorOptions options, string command, long cores) =>
    [
        new("Version", "2.2"),
        new("Computer", $"{cluster.Name} (not a real one)"),
        new("Acknowledge", "model of U. Lublin and D. Feitelson, JPDC 63(11), 2003"),
        new("MaxJobs", Text(options.Jobs)),
        new("MaxRecords", Text(options.Jobs)),
        new("MaxNodes", Text(cluster.Agents.Sum(a => a.Nodes))),
        new("MaxProcs", Text(cores)),
        new("UnixStartTime", "0"),
        new("TimeZoneString", "UTC"),
        new("Note", $"generated by: {command}"),
    ];

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
