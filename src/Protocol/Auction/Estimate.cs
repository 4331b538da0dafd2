using System.Runtime.InteropServices;

namespace Quorate.Protocol.Auction;

/// <summary>
/// A mean of past values in which newer ones count more: the one k tasks ago weighs <see cref="Decay"/>^k. It is worth as many equally
/// weighted values as Kish's effective sample size (Σw)²/Σw² says (Survey Sampling, 1965).
/// </summary>
/// <param name="Mean">Null of no values.</param>
/// <param name="Count">Effective sample size; below (1+Decay)/(1−Decay) = 19.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Estimate(double? Mean, double Count)
{
    public const double Decay = 0.9;

    /// <summary>Values that the prior is worth.</summary>
    public const double PriorCount = 4;

    /// <summary>Share of the values, rather than of the prior, in <see cref="Toward"/>; 0 to 1.</summary>
    public double Confidence => Count / (Count + PriorCount);

    /// <param name="values">Oldest first.</param>
    public static Estimate Of(IEnumerable<double> values)
    {
        var (sum, weights, squares) = (0.0, 0.0, 0.0);
        foreach (var value in values)
        {
            (sum, weights, squares) = ((sum * Decay) + value, (weights * Decay) + 1, (squares * Decay * Decay) + 1);
        }

        return weights == 0 ? default : new Estimate(sum / weights, weights * weights / squares);
    }

    /// <summary>The mean, shrunk to the prior: (Count·Mean + PriorCount·prior)/(Count + PriorCount).</summary>
    public double Toward(double prior) => ((Count * (Mean ?? prior)) + (PriorCount * prior)) / (Count + PriorCount);
}
