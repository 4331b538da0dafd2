using System.Runtime.InteropServices;

namespace Quorate.Protocol.Auction;

/// <summary>How often something succeeds, after some trials: Beta(1 + successes, 1 + failures), the prior being uniform (Bayes, Laplace).</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct BetaPosterior(int Successes, int Failures)
{
    /// <summary>Probability that the true rate lies below <see cref="Lower"/>.</summary>
    public const double Tail = 0.05;

    private const double Normal95 = 1.6448536269514722;
    private const int MaxSteps = 100;

    // Exponentials and logarithms differ in their last bits between platforms; what is signed must not.
    private const int Digits = 6;

    private double Alpha => 1.0 + Successes;

    private double Beta => 1.0 + Failures;

    public double Mean => Alpha / (Alpha + Beta);

    /// <summary>The 5 % quantile, to six decimal places: Newton's method on the incomplete beta function, kept within a bracket.</summary>
    public double Lower()
    {
        var (a, b) = (Alpha, Beta);
        var logBeta = LogGamma(a) + LogGamma(b) - LogGamma(a + b);
        var (low, high) = (0.0, 1.0);
        var x = Math.Clamp(Mean - (Normal95 * Math.Sqrt(a * b / (a + b + 1)) / (a + b)), 1e-3, 1 - 1e-3);
        for (var step = 0; step < MaxSteps; step++)
        {
            var density = Math.Exp(((a - 1) * Math.Log(x)) + ((b - 1) * Math.Log(1 - x)) - logBeta);
            var excess = Regularized(x, a, b, density) - Tail;
            (low, high) = excess > 0 ? (low, x) : (x, high);
            var next = x - (excess / density);
            next = next > low && next < high ? next : (low + high) / 2;
            if (Math.Abs(next - x) < 1e-10)
            {
                return Math.Round(next, Digits);
            }

            x = next;
        }

        return Math.Round(x, Digits);
    }

    /// <summary>I_x(a, b): the continued fraction by Lentz's method (Press et al., Numerical Recipes, 6.4).</summary>
    private static double Regularized(double x, double a, double b, double density)
    {
        // x^a (1−x)^b / B(a, b)
        var front = density * x * (1 - x);
        return x < (a + 1) / (a + b + 2) ? front * Fraction(x, a, b) / a : 1 - (front * Fraction(1 - x, b, a) / b);
    }

    private static double Fraction(double x, double a, double b)
    {
        const double tiny = 1e-300;
        static double Away(double value) => Math.Abs(value) < tiny ? tiny : value;
        var c = 1.0;
        var d = 1 / Away(1 - ((a + b) * x / (a + 1)));
        var h = d;
        for (var m = 1; m <= MaxSteps * 10; m++)
        {
            var even = m * (b - m) * x / ((a + (2 * m) - 1) * (a + (2 * m)));
            d = 1 / Away(1 + (even * d));
            c = Away(1 + (even / c));
            h *= d * c;
            var odd = -(a + m) * (a + b + m) * x / ((a + (2 * m)) * (a + (2 * m) + 1));
            d = 1 / Away(1 + (odd * d));
            c = Away(1 + (odd / c));
            h *= d * c;
            if (Math.Abs((d * c) - 1) < 1e-13)
            {
                break;
            }
        }

        return h;
    }

    /// <summary>Lanczos' approximation with g = 7 and nine terms, for arguments of 1 and more.</summary>
    private static double LogGamma(double x)
    {
        ReadOnlySpan<double> terms =
        [
            676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
            12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
        ];
        var sum = 0.99999999999980993;
        for (var i = 0; i < terms.Length; i++)
        {
            sum += terms[i] / (x + i);
        }

        var t = x + 6.5;
        return (0.5 * Math.Log(2 * Math.PI)) + ((x - 0.5) * Math.Log(t)) - t + Math.Log(sum);
    }
}
