namespace Quorate.Engine.Triage.Metrics;

/// <summary>Quantiles of what benchmarks measure.</summary>
public static class Quantile
{
    /// <param name="sorted">Ascending.</param>
    /// <param name="q">0…1.</param>
    /// <returns>The value that a share q of them is below; 0 of none.</returns>
    public static double Of(IReadOnlyList<double> sorted, double q) =>
        sorted.Count == 0 ? 0 : sorted[Math.Min(sorted.Count - 1, (int)(q * sorted.Count))];
}
