using System.Runtime.InteropServices;
using Quorate.Contracts;

namespace Quorate.Protocol.Auction;

/// <summary>The weights of the five criteria; they sum to 1.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Criteria(double Cost, double Quality, double Performance, double Reliability, double Innovation)
{
    /// <summary>Largest weight before normalising.</summary>
    public const double MaxWeight = 1e6;

    public static IReadOnlyList<string> Names { get; } = ["cost", "quality", "performance", "reliability", "innovation"];

    /// <exception cref="QuorateException">Input: an unknown criterion, a weight that is no number from 0 to <see cref="MaxWeight"/>, or none above 0.</exception>
    public static Criteria Normalise(IReadOnlyDictionary<string, double> weights)
    {
        foreach (var (name, weight) in weights)
        {
            if (!Names.Contains(name))
            {
                throw AuctionRules.Wrong($"criteria_weights.{PlainText.Line(name, 60)} is unknown; {string.Join(", ", Names)} are allowed");
            }

            if (weight is not (>= 0 and <= MaxWeight))
            {
                throw AuctionRules.Wrong($"criteria_weights.{name} is {weight}; a number from 0 to {MaxWeight} is allowed");
            }
        }

        // In a fixed order: a sum of doubles depends on it.
        var sum = Names.Sum(name => weights.GetValueOrDefault(name));
        double Share(int i) => weights.GetValueOrDefault(Names[i]) / sum;
        return sum > 0
            ? new Criteria(Share(0), Share(1), Share(2), Share(3), Share(4))
            : throw AuctionRules.Wrong("criteria_weights sum to 0; at least one must be above 0");
    }
}
