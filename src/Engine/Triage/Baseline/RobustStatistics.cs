namespace Quorate.Engine.Triage.Baseline;

/// <summary>Statistics that a few wild values do not move.</summary>
public static class RobustStatistics
{
    /// <summary>Of a normal distribution, MAD times this is the standard deviation.</summary>
    private const double MadToSigma = 1.4826;

    /// <summary>A series that never moved while healthy is still allowed to move by this share of its level.</summary>
    private const double LeastSpread = 0.05;

    /// <summary>The norm of a series; null without values.</summary>
    public static SeriesNorm? Norm(IReadOnlyList<double> values)
    {
        var finite = values.Where(double.IsFinite).ToList();
        if (finite.Count == 0)
        {
            return null;
        }

        var median = Median(finite);
        return new SeriesNorm(median, Median([.. finite.Select(v => Math.Abs(v - median))]), finite.Count);
    }

    /// <summary>
    /// How many standard deviations a value is from the norm (Iglewicz and Hoaglin's modified z-score). Floor: the least
    /// spread, in the series' unit, that is taken for noise whatever the samples say.
    /// </summary>
    public static double Score(double value, SeriesNorm norm, double floor)
    {
        var sigma = Math.Max(Math.Max(norm.Mad * MadToSigma, Math.Abs(norm.Median) * LeastSpread), floor);
        return sigma > 0 ? (value - norm.Median) / sigma : 0;
    }

    /// <summary>The whole series lies beyond the norm: its median is that many standard deviations away.</summary>
    public static bool HasShifted(IReadOnlyList<double> values, SeriesNorm norm, double floor, double threshold) =>
        Norm(values) is { } now && Math.Abs(Score(now.Median, norm, floor)) >= threshold;

    public static double Median(IReadOnlyList<double> values)
    {
        var sorted = values.Order().ToList();
        var middle = sorted.Count / 2;
        return sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
