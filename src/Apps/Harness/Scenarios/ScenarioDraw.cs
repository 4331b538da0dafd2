using Quorate.Contracts;

namespace Quorate.Harness.Scenarios;

/// <summary>What a seed decides about a run: the words, the disturbances and the load. The same seed decides the same everywhere.</summary>
public sealed record ScenarioDraw(string Incident, IReadOnlyList<Disturbance> Disturbances, long LoadSeed)
{
    /// <param name="scenario">What may happen.</param>
    /// <param name="seed">0 or more.</param>
    /// <param name="noise">0–1.</param>
    public static ScenarioDraw Of(Scenario scenario, long seed, double noise)
    {
        var random = new SeededNumbers((ulong)seed);
        var incident = scenario.Incidents[(int)(random.Next() * scenario.Incidents.Count)];
        // Every disturbance takes its number whatever becomes of it, so that one more noise level only adds to what a lower one has.
        var drawn = scenario.Disturbances.Select(d => (Disturbance: d, Chance: random.Next())).ToList();
        return new ScenarioDraw(incident, [.. drawn.Where(d => d.Disturbance.Always || d.Chance < noise).Select(d => d.Disturbance).OrderBy(d => d.AtS)], scenario.Load?.Seed ?? seed);
    }
}

/// <summary>A sequence of numbers from 0 up to, not including, 1.</summary>
public sealed class SeededNumbers(ulong seed)
{
    private const double Unit = 1.0 / (1UL << 53);
    private ulong _state = SplitMix.Of(seed);

    public double Next()
    {
        unchecked
        {
            _state += SplitMix.Step;
        }

        return (SplitMix.Of(_state) >> 11) * Unit;
    }
}
