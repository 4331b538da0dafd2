namespace Quorate.Harness.Metrics;

/// <summary>
/// The score interval of a proportion: Wilson, Probable Inference, the Law of Succession, and Statistical Inference,
/// JASA 22 (1927), 209–212.
/// </summary>
public static class Wilson
{
    /// <summary>The 0.975 quantile of the normal distribution.</summary>
    private const double Z = 1.959963984540054;

    /// <param name="successes">0 to <paramref name="trials"/>.</param>
    /// <param name="trials">0 or more.</param>
    /// <returns>The 95 % interval, both ends 0–1; all of it when nothing was tried.</returns>
    public static (double Low, double High) Interval95(int successes, int trials)
    {
        if (trials == 0)
        {
            return (0, 1);
        }

        var (n, p) = ((double)trials, (double)successes / trials);
        var scale = 1 / (1 + (Z * Z / n));
        var middle = scale * (p + (Z * Z / (2 * n)));
        var half = scale * Z * Math.Sqrt((p * (1 - p) / n) + (Z * Z / (4 * n * n)));
        // At the ends the interval reaches 0 or 1 exactly; rounding must not move it.
        return (successes == 0 ? 0 : middle - half, successes == trials ? 1 : middle + half);
    }
}
