using Quorate.Contracts;
using Quorate.Contracts.Coordination;

namespace Quorate.Protocol.Hierarchy;

/// <summary>
/// A graph of jobs without cycles, and its schedule of earliest and latest times in seconds (critical path method: Kelley and Walker,
/// "Critical-Path Planning and Scheduling", 1959). Jobs are numbered as in the task.
/// </summary>
public sealed class JobGraph
{
    private JobGraph(OrganiseTask task, int[][] before, int[] order)
    {
        (Jobs, Before, Order) = (task.Jobs, before, order);
        (Start, Tail, Rank) = (new double[Jobs.Count], new double[Jobs.Count], new int[Jobs.Count]);
        After = [.. before.Select(_ => new List<int>())];
        foreach (var job in order)
        {
            foreach (var earlier in before[job])
            {
                After[earlier].Add(job);
                Start[job] = Math.Max(Start[job], Finish(earlier));
                Rank[job] = Math.Max(Rank[job], Rank[earlier] + 1);
            }
        }

        foreach (var job in order.Reverse())
        {
            Tail[job] = After[job].Select(j => Jobs[j].DurationS + Tail[j]).DefaultIfEmpty().Max();
        }

        CriticalPathS = order.Select(Finish).DefaultIfEmpty().Max();
    }

    public IReadOnlyList<OrganiseJob> Jobs { get; }

    /// <summary>The jobs that each one depends on.</summary>
    public IReadOnlyList<int[]> Before { get; }

    /// <summary>The jobs that depend on each one.</summary>
    public IReadOnlyList<List<int>> After { get; }

    /// <summary>Each job after all that it depends on; of those that are ready, in the task's order.</summary>
    public IReadOnlyList<int> Order { get; }

    /// <summary>Earliest start.</summary>
    public double[] Start { get; }

    /// <summary>Seconds of the longest chain behind a job.</summary>
    public double[] Tail { get; }

    /// <summary>Jobs on the longest chain before it, counted.</summary>
    public int[] Rank { get; }

    public double CriticalPathS { get; }

    public double Finish(int job) => Start[job] + Jobs[job].DurationS;

    /// <summary>Seconds by which a job may be late without making the whole late.</summary>
    public double Slack(int job) => Math.Max(0, CriticalPathS - Finish(job) - Tail[job]);

    /// <exception cref="QuorateException">Input: task_invalid (a name twice, an unknown or repeated dependency, a number out of range), jobs_cyclic (names the cycle).</exception>
    public static JobGraph Of(OrganiseTask task)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        if (task.Jobs.Count is 0 or > OrganiseTask.MaxJobs)
        {
            throw Wrong($"jobs has {task.Jobs.Count} entries; 1 to {OrganiseTask.MaxJobs} are allowed");
        }

        foreach (var (index, job) in task.Jobs.Index())
        {
            Require(numbers.TryAdd(job.Name, index), $"jobs[{index}].name is '{job.Name}'; a name that no other job has is allowed");
            Require(job.DurationS > 0 && double.IsFinite(job.DurationS), $"jobs[{index}].duration_s is {job.DurationS}; a number above 0 is allowed");
            Require(job.DataGb >= 0 && double.IsFinite(job.DataGb), $"jobs[{index}].data_gb is {job.DataGb}; a number of 0 or more is allowed");
            Require(job.Load > 0 && double.IsFinite(job.Load), $"jobs[{index}].load is {job.Load}; a number above 0 is allowed");
        }

        var before = task.Jobs.Select((job, index) => job.DependsOn.Select(name =>
            numbers.TryGetValue(name, out var number) ? number : throw Wrong($"jobs[{index}].depends_on names '{name}'; the name of a job of the task is allowed")).ToArray()).ToArray();
        foreach (var (index, list) in before.Index())
        {
            Require(list.Distinct().Count() == list.Length, $"jobs[{index}].depends_on names a job twice; once is allowed");
        }

        return new JobGraph(task, before, Sorted(task.Jobs, before));
    }

    /// <summary>Kahn, "Topological sorting of large networks", 1962.</summary>
    private static int[] Sorted(IReadOnlyList<OrganiseJob> jobs, int[][] before)
    {
        var waiting = before.Select(b => b.Length).ToArray();
        var after = before.SelectMany((list, job) => list.Select(earlier => (earlier, job))).ToLookup(p => p.earlier, p => p.job);
        var ready = new PriorityQueue<int, int>(Enumerable.Range(0, jobs.Count).Where(j => waiting[j] == 0).Select(j => (j, j)));
        var order = new List<int>(jobs.Count);
        while (ready.TryDequeue(out var job, out _))
        {
            order.Add(job);
            foreach (var next in after[job])
            {
                if (--waiting[next] == 0)
                {
                    ready.Enqueue(next, next);
                }
            }
        }

        return order.Count == jobs.Count
            ? [.. order]
            : throw QuorateException.Input("jobs_cyclic", $"the jobs depend on each other in a circle: {string.Join(" -> ", Cycle(before, waiting).Select(j => jobs[j].Name))}", "a job can only wait for jobs that don't wait for it; take one of these dependencies away");
    }

    /// <summary>Every job left over waits for another one left over: going back along these comes around. From a job to what waits for it.</summary>
    private static List<int> Cycle(int[][] before, int[] waiting)
    {
        var seen = new Dictionary<int, int>();
        var path = new List<int>();
        var at = Array.FindIndex(waiting, w => w > 0);
        while (seen.TryAdd(at, path.Count))
        {
            path.Add(at);
            at = before[at].First(b => waiting[b] > 0);
        }

        path = [at, .. path[seen[at]..].AsEnumerable().Reverse()];
        return path;
    }

    private static void Require(bool allowed, string message)
    {
        if (!allowed)
        {
            throw Wrong(message);
        }
    }

    private static QuorateException Wrong(string message) => QuorateException.Input("task_invalid", message, "docs/schemas/organise-task.json says what a task holds");
}
