namespace Quorate.Engine.Triage.Metrics;

/// <summary>Quantiles of what runs and benchmarks measure.</summary>
public static class Quantile
{
    /// <param name="sorted">Ascending.</param>
    /// <param name="q">0…1.</param>
    /// <returns>The value that a share q of them is below; 0 of none.</returns>
    public static double Of(IReadOnlyList<double> sorted, double q) =>
        sorted.Count == 0 ? 0 : sorted[Math.Min(sorted.Count - 1, (int)(q * sorted.Count))];

    /// <param name="sorted">Ascending, at least one.</param>
    /// <param name="q">Above 0, at most 1.</param>
    /// <returns>By the nearest rank: the least of them that a share q of them does not exceed.</returns>
    public static double NearestRank(IReadOnlyList<double> sorted, double q) => sorted[(int)Math.Ceiling(q * sorted.Count) - 1];
}
