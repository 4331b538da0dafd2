namespace Quorate.Protocol.Hierarchy;

/// <summary>
/// The workers that a graph needs: jobs of one skill that never overlap in the earliest schedule share one. Interval partitioning by
/// start time needs no more of them than jobs of the skill overlap (Kleinberg and Tardos, "Algorithm Design", 4.1).
/// </summary>
public static class WorkerLanes
{
    /// <returns>Job numbers by worker, each worker's in the order of their starts; workers by skill, then by their first start.</returns>
    public static IReadOnlyList<IReadOnlyList<int>> Of(JobGraph graph) =>
        [.. Enumerable.Range(0, graph.Jobs.Count).GroupBy(j => graph.Jobs[j].Skill).OrderBy(g => g.Key, StringComparer.Ordinal).SelectMany(g => Partition(graph, g))];

    private static List<List<int>> Partition(JobGraph graph, IEnumerable<int> jobs)
    {
        var lanes = new List<List<int>>();
        var free = new PriorityQueue<int, (double At, int Lane)>();
        foreach (var job in jobs.OrderBy(j => graph.Start[j]).ThenBy(j => graph.Slack(j)).ThenBy(j => j))
        {
            if (!free.TryPeek(out var lane, out var since) || since.At > graph.Start[job])
            {
                lane = lanes.Count;
                lanes.Add([]);
            }
            else
            {
                free.Dequeue();
            }

            lanes[lane].Add(job);
            free.Enqueue(lane, (graph.Finish(job), lane));
        }

        return lanes;
    }
}
