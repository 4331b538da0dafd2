using Quorate.Engine.Triage.Metrics;

namespace Quorate.Cli.Bench;

/// <summary>How measured values lie, in their own unit; null of no values.</summary>
internal sealed record Spread(int Count, double P50, double P95, double P99, double Max)
{
    public static Spread? Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        double At(double q) => Math.Round(Quantile.Of(sorted, q), 3);
        return sorted.Length == 0 ? null : new Spread(sorted.Length, At(0.5), At(0.95), At(0.99), At(1));
    }
}
