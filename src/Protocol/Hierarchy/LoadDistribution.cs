using Quorate.Contracts.Coordination;

namespace Quorate.Protocol.Hierarchy;

/// <summary>How the roles' load lies on the agents.</summary>
public static class LoadDistribution
{
    /// <param name="agents">All agents.</param>
    /// <param name="used">Load of each, in full-time roles.</param>
    /// <param name="lost">Names of those that are gone; they count in no figure.</param>
    public static LoadReport Of(IReadOnlyList<AgentProfile> agents, IReadOnlyList<double> used, IReadOnlySet<string> lost)
    {
        var loads = agents.Select((a, i) => new AgentLoad(a.Name, used[i], a.Capacity, used[i] / a.Capacity, lost.Contains(a.Name))).ToList();
        var shares = loads.Where(l => !l.Lost).Select(l => l.Utilisation).Order().ToArray();
        return new LoadReport(loads, Gini(shares), Variation(shares));
    }

    /// <summary>Of values in rising order: Σ (2i − n − 1) x / (n Σ x), i from 1 (Gini, 1912).</summary>
    private static double Gini(double[] sorted) => sorted.Sum() is var sum and > 0 ? sorted.Select((x, i) => ((2 * (i + 1)) - sorted.Length - 1) * x).Sum() / (sorted.Length * sum) : 0;

    private static double Variation(double[] values)
    {
        var mean = values.DefaultIfEmpty().Average();
        return mean > 0 ? Math.Sqrt(values.Average(x => (x - mean) * (x - mean))) / mean : 0;
    }
}
