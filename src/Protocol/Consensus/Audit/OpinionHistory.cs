namespace Quorate.Protocol.Consensus;

/// <summary>
/// How often each replica's opinions were not what was decided, and what that says about an opinion. A replica's
/// rate of error has a Beta prior and its rounds are Bernoulli trials (Gelman et al., Bayesian Data Analysis, 3rd
/// edition, section 2.4), so after d differing ones of r its mean is (a + d) / (a + b + r). Not thread-safe.
/// </summary>
/// <remarks>For tallies that choose one of the opinions' values; where a mean or the like is decided, everybody differs.</remarks>
public sealed class OpinionHistory
{
    /// <summary>Beta(1, 9): before anything is known, one opinion in ten is taken to be wrong.</summary>
    public const double PriorWrong = 1;

    /// <summary>As <see cref="PriorWrong"/>: the other parameter.</summary>
    public const double PriorRight = 9;

    private readonly long[] _differed;
    private readonly long[] _rounds;

    /// <param name="membership">Whose replicas are observed.</param>
    public OpinionHistory(Membership membership)
    {
        _differed = new long[membership.Replicas];
        _rounds = new long[membership.Replicas];
    }

    /// <summary>Learns from a decided round. A failed one has no outcome to learn from and changes nothing.</summary>
    public void Observe(RoundReport round)
    {
        foreach (var opinion in round.IsDecided ? round.ContentFaults : [])
        {
            _rounds[opinion.Replica]++;
            _differed[opinion.Replica] += opinion.Differs ? 1 : 0;
        }
    }

    /// <summary>Mean of the posterior: how often this replica's opinions are wrong. Strictly between 0 and 1.</summary>
    public double ErrorRate(int replica) =>
        (PriorWrong + _differed[replica]) / (PriorWrong + PriorRight + _rounds[replica]);

    /// <summary>
    /// For each opinion the probability that it is wrong, from all opinions of the round and their authors' rates of
    /// error (Dawid and Skene, Applied Statistics 28, 1979, with the rates given). Before the round each value that
    /// somebody gave, and one that nobody did, is equally likely to be right; authors err independently of each
    /// other and each wrong value is equally likely. Colluders break that assumption, so this is never evidence.
    /// </summary>
    public IReadOnlyList<double> FaultProbabilities(IReadOnlyList<Opinion> opinions)
    {
        var values = Values(opinions);
        var logs = new double[values.Count + 1];
        for (var candidate = 0; candidate <= values.Count; candidate++)
        {
            foreach (var opinion in opinions)
            {
                var error = ErrorRate(opinion.Author);
                logs[candidate] += Math.Log(candidate < values.Count && opinion.Value.AsSpan().SequenceEqual(values[candidate]) ? 1 - error : error / values.Count);
            }
        }

        // Scaled by the largest, since the product of 64 small numbers is none.
        var most = logs.Max();
        var sum = logs.Sum(log => Math.Exp(log - most));
        return [.. opinions.Select(opinion => 1 - (Math.Exp(logs[IndexOf(values, opinion.Value)] - most) / sum))];
    }

    internal IReadOnlyList<ContentFault> Judge(IReadOnlyList<Opinion> opinions, byte[]? outcome)
    {
        var reference = outcome ?? MostFrequent(opinions);
        var probabilities = FaultProbabilities(opinions);
        return [.. opinions.Select((opinion, i) => new ContentFault(opinion.Author, !opinion.Value.AsSpan().SequenceEqual(reference), probabilities[i]))];
    }

    private static byte[]? MostFrequent(IReadOnlyList<Opinion> opinions) =>
        opinions.MaxBy(opinion => opinions.Count(other => other.Value.AsSpan().SequenceEqual(opinion.Value)))?.Value;

    private static List<byte[]> Values(IReadOnlyList<Opinion> opinions)
    {
        var values = new List<byte[]>();
        foreach (var opinion in opinions)
        {
            if (IndexOf(values, opinion.Value) < 0)
            {
                values.Add(opinion.Value);
            }
        }

        return values;
    }

    private static int IndexOf(List<byte[]> values, byte[] value) => values.FindIndex(known => known.AsSpan().SequenceEqual(value));
}
