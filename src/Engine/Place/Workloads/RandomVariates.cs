namespace Quorate.Engine.Place.Workloads;

/// <summary>Numbers drawn from distributions, all from one seed.</summary>
internal sealed class RandomVariates(int seed)
{
    private readonly Random _random = new(seed);

    public double Uniform() => _random.NextDouble();

    /// <summary>Below <paramref name="count"/>, each as likely.</summary>
    public int Below(int count) => _random.Next(count);

    /// <summary>Gamma by shape and scale, the shape at least 1 (Marsaglia and Tsang 2000).</summary>
    public double Gamma(double shape, double scale)
    {
        var d = shape - (1.0 / 3);
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var x = Normal();
            var v = Math.Pow(1 + (c * x), 3);
            if (v > 0 && Math.Log(1 - Uniform()) < (0.5 * x * x) + d - (d * v) + (d * Math.Log(v)))
            {
                return d * v * scale;
            }
        }
    }

    /// <summary>An index with the given weights, which are summed up.</summary>
    public int Weighted(double[] cumulative)
    {
        var at = Array.BinarySearch(cumulative, Uniform() * cumulative[^1]);
        return Math.Min(at < 0 ? ~at : at, cumulative.Length - 1);
    }

    /// <summary>Box and Muller 1958.</summary>
    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - Uniform())) * Math.Cos(2 * Math.PI * Uniform());
}
