namespace Quorate.Engine.Triage.Agents;

/// <summary>Values over time and what they say: newest, trend, and whether the newest is out of line.</summary>
public sealed class MetricSeries(IReadOnlyList<(double Seconds, double Value)> points)
{
    /// <summary>Fewer points than this say nothing about anomalies.</summary>
    public const int MinAnomalySamples = 8;

    /// <summary>|z| above this is an anomaly (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993).</summary>
    public const double AnomalyZ = 3.5;

    // Makes the median absolute deviation of a normal distribution comparable with its standard deviation.
    private const double MadScale = 0.6745;

    public int Count => points.Count;

    /// <summary>The newest value; NaN when there is none.</summary>
    public double Last => points.Count == 0 ? double.NaN : points[^1].Value;

    public double Mean => points.Count == 0 ? double.NaN : points.Average(p => p.Value);

    public double Min => points.Count == 0 ? double.NaN : points.Min(p => p.Value);

    public double Max => points.Count == 0 ? double.NaN : points.Max(p => p.Value);

    /// <summary>Least-squares slope, units per second; 0 for fewer than two points in time.</summary>
    public double Slope()
    {
        if (points.Count < 2)
        {
            return 0;
        }

        var meanX = points.Average(p => p.Seconds);
        var meanY = points.Average(p => p.Value);
        var spread = points.Sum(p => (p.Seconds - meanX) * (p.Seconds - meanX));
        return spread <= 0 ? 0 : points.Sum(p => (p.Seconds - meanX) * (p.Value - meanY)) / spread;
    }

    /// <summary>Robust z-score of the newest value against those before it; null for too few points or no spread.</summary>
    public double? RobustZ()
    {
        if (points.Count < MinAnomalySamples)
        {
            return null;
        }

        var before = points.Take(points.Count - 1).Select(p => p.Value).ToList();
        var median = Median(before);
        var mad = Median([.. before.Select(v => Math.Abs(v - median))]);
        return mad <= 0 ? null : MadScale * (Last - median) / mad;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        var middle = values.Count / 2;
        return values.Count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
