using Quorate.Protocol.Hierarchy;

namespace Quorate.Cli.Bench;

/// <summary>The answer of <c>bench assignment</c>. Gain: mean of optimal value / greedy value − 1.</summary>
internal sealed record AssignmentBenchDocument(int Roles, int Agents, int Rounds, Spread OptimalMs, Spread GreedyMs, double Gain);

/// <summary>Assignments of as many roles as agents, with random weights of which a tenth is forbidden; single-threaded.</summary>
internal static class AssignmentBenchmark
{
    private const double ForbiddenShare = 0.1;
    private const int WarmUps = 5;

    public static AssignmentBenchDocument Run(int size, int rounds, TimeProvider time, CancellationToken token)
    {
        var (optimal, greedy, gains) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = -WarmUps; round < rounds; round++)
        {
            token.ThrowIfCancellationRequested();
            var weights = Weights(size, seed: round);
            var began = time.GetTimestamp();
            var best = LinearAssignment.Best(weights);
            var between = time.GetTimestamp();
            var rule = LinearAssignment.Greedy(weights, Enumerable.Range(0, size));
            var ended = time.GetTimestamp();
            if (round >= 0)
            {
                optimal.Add(time.GetElapsedTime(began, between).TotalMilliseconds);
                greedy.Add(time.GetElapsedTime(between, ended).TotalMilliseconds);
                gains.Add((LinearAssignment.Value(weights, best) / LinearAssignment.Value(weights, rule)) - 1);
            }
        }

        return new AssignmentBenchDocument(size, size, rounds, Spread.Of(optimal)!, Spread.Of(greedy)!, gains.Where(double.IsFinite).DefaultIfEmpty().Average());
    }

    /// <summary>Criticality × suitability, both uniform; the rows in falling criticality, as the greedy rule takes them.</summary>
    private static double[,] Weights(int size, int seed)
    {
        var random = new Random(seed);
        var critical = Enumerable.Range(0, size).Select(_ => random.NextDouble()).OrderDescending().ToArray();
        var weights = new double[size, size];
        for (var role = 0; role < size; role++)
        {
            for (var agent = 0; agent < size; agent++)
            {
                weights[role, agent] = random.NextDouble() < ForbiddenShare ? LinearAssignment.Forbidden : critical[role] * random.NextDouble();
            }
        }

        return weights;
    }
}
