using Quorate.Contracts.Coordination;

namespace Quorate.Protocol.Hierarchy;

/// <summary>How hard a graph of jobs is, from the graph alone.</summary>
public static class ComplexityAnalysis
{
    public static GraphComplexity Of(JobGraph graph)
    {
        var work = graph.Jobs.Sum(j => j.DurationS);
        return new GraphComplexity
        {
            Size = graph.Jobs.Count,
            Edges = graph.Before.Sum(b => b.Length),
            Depth = graph.Rank.Max() + 1,
            Width = Width(graph),
            CriticalPathS = graph.CriticalPathS,
            CriticalPath = [.. CriticalPath(graph).Select(j => graph.Jobs[j].Name)],
            WorkS = work,
            Parallelism = work / graph.CriticalPathS,
            DataGb = graph.Jobs.Select((job, number) => job.DataGb * graph.After[number].Count).Sum(),
            Heterogeneity = Heterogeneity([.. graph.Jobs.CountBy(j => j.Skill).Select(c => c.Value)]),
        };
    }

    /// <summary>Most jobs at once in the earliest schedule; one that ends as another begins does not overlap it.</summary>
    private static int Width(JobGraph graph)
    {
        var (now, most) = (0, 0);
        foreach (var (_, change) in Enumerable.Range(0, graph.Jobs.Count)
            .SelectMany(j => new[] { (At: graph.Start[j], Change: 1), (At: graph.Finish(j), Change: -1) }).Order())
        {
            now += change;
            most = Math.Max(most, now);
        }

        return most;
    }

    private static List<int> CriticalPath(JobGraph graph)
    {
        var path = new List<int>();
        var next = Enumerable.Range(0, graph.Jobs.Count).Where(j => graph.Before[j].Length == 0).ToList();
        while (next.Count > 0)
        {
            path.Add(next.MaxBy(j => graph.Jobs[j].DurationS + graph.Tail[j]));
            next = graph.After[path[^1]];
        }

        return path;
    }

    /// <summary>Shannon entropy of the shares over its maximum, ln(kinds) (Shannon, "A mathematical theory of communication", 1948).</summary>
    private static double Heterogeneity(IReadOnlyList<int> counts)
    {
        double all = counts.Sum();
        return counts.Count < 2 ? 0 : Math.Min(1, -counts.Sum(c => c / all * Math.Log(c / all)) / Math.Log(counts.Count));
    }
}
