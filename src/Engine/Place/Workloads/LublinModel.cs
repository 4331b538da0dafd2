namespace Quorate.Engine.Place.Workloads;

/// <summary>
/// The workload model of Lublin and Feitelson, "The workload on parallel supercomputers: modeling the characteristics of rigid jobs",
/// Journal of Parallel and Distributed Computing 63(11), 2003, with its published constants for jobs of one type. Sizes: a part is serial,
/// the others' log2 is two-stage uniform, most of them powers of two. Run times: e to a hyper-gamma number that is correlated with the
/// size. Arrivals: gaps of e to a gamma number, compressed and stretched by the hour of the day.
/// </summary>
internal sealed class LublinModel
{
    private const double SerialPart = 0.244;
    private const double PowerOfTwoPart = 0.576;
    private const double LogLow = 0.8;

    /// <summary>How far the middle of the two stages is below the largest; the model allows 1.5 to 3.5.</summary>
    private const double LogMiddleBelow = 2.5;
    private const double LowStagePart = 0.86;

    private const double Shape1 = 4.2;
    private const double Scale1 = 0.94;
    private const double Shape2 = 312;
    private const double Scale2 = 0.03;
    private const double MixSlope = -0.0054;
    private const double MixAtZero = 0.78;

    /// <summary>The size of the machine that the slope was fitted to. On another one, sizes count by their part of the machine.</summary>
    private const double FittedMachine = 128;

    /// <summary>ln of seconds: a bit less than two days.</summary>
    private const double LongestLogRun = 12;

    private const double GapShape = 10.2303 * 1.0225;
    private const double GapScale = 0.4871;
    private const double LongestLogGap = 13;

    private const double DayShape = 8.1737;
    private const double DayScale = 3.9631;
    private const int Buckets = 48;

    /// <summary>The day of the fit begins at the eleventh half hour.</summary>
    private const int DayStart = 11;

    private readonly RandomVariates _random;
    private readonly long _largest;
    private readonly double _logHigh;
    private readonly double[] _weights = DailyWeights();
    private double _points;
    private int _bucket;
    private double _inBucket;

    /// <param name="random">Where chance comes from.</param>
    /// <param name="processors">Of the machine, which is also the largest job.</param>
    public LublinModel(RandomVariates random, long processors)
    {
        (_random, _largest) = (random, processors);
        _logHigh = Math.Log2(processors);
    }

    public static double BucketS => 86_400.0 / Buckets;

    /// <summary>Arrivals at each half hour from midnight, 1 on average.</summary>
    public IReadOnlyList<double> Weights => _weights;

    public long Size()
    {
        var kind = _random.Uniform();
        if (kind <= SerialPart || _logHigh < LogLow)
        {
            return 1;
        }

        var middle = Math.Max(LogLow, _logHigh - LogMiddleBelow);
        var (from, to) = _random.Uniform() <= LowStagePart ? (LogLow, middle) : (middle, _logHigh);
        var log = from + (_random.Uniform() * (to - from));
        return Math.Min(_largest, (long)Math.Round(Math.Pow(2, kind <= SerialPart + PowerOfTwoPart ? Math.Floor(log + 0.5) : log)));
    }

    /// <summary>Seconds.</summary>
    public long RunTime(long size)
    {
        var first = Math.Clamp((MixSlope * size * FittedMachine / Math.Pow(2, _logHigh)) + MixAtZero, 0, 1);
        double log;
        do
        {
            log = _random.Uniform() <= first ? _random.Gamma(Shape1, Scale1) : _random.Gamma(Shape2, Scale2);
        }
        while (log > LongestLogRun);
        return (long)Math.Exp(log);
    }

    /// <summary>Seconds between two jobs at an average hour.</summary>
    public double Gap()
    {
        double log;
        do
        {
            log = _random.Gamma(GapShape, GapScale);
        }
        while (log > LongestLogGap);
        return Math.Exp(log);
    }

    /// <summary>Seconds from midnight of the first day to the next job, after such a gap: a busy half hour takes more of it than a quiet one.</summary>
    public double Arrive(double gap)
    {
        _points += gap / BucketS;
        while (_points > _weights[_bucket % Buckets] * (1 - _inBucket))
        {
            _points -= _weights[_bucket % Buckets] * (1 - _inBucket);
            _bucket++;
            _inBucket = 0;
        }

        _inBucket += _points / _weights[_bucket % Buckets];
        _points = 0;
        return (_bucket + _inBucket) * BucketS;
    }

    /// <summary>Differences of the gamma distribution's function, half an hour apart, scaled to the mean 1.</summary>
    private static double[] DailyWeights()
    {
        var weights = new double[Buckets];
        for (var i = DayStart; i < Buckets + DayStart; i++)
        {
            weights[(i - 1) % Buckets] = UnscaledGammaCdf((i + 0.5) / DayScale) - UnscaledGammaCdf((i - 0.5) / DayScale);
        }

        var mean = weights.Average();
        return [.. weights.Select(w => w / mean)];
    }

    /// <summary>The series of the incomplete gamma function without its constant factor, which scaling takes out anyway (Abramowitz and Stegun 6.5.29).</summary>
    private static double UnscaledGammaCdf(double x)
    {
        var (term, sum) = (1.0, 1.0);
        for (var n = 1; n < 200; n++)
        {
            term *= x / (DayShape + n);
            sum += term;
        }

        return Math.Pow(x, DayShape) * Math.Exp(-x) * sum;
    }
}
