namespace Quorate.Engine.Ask.Decision;

/// <summary>
/// A plurality vote. A weighted vote counts the stated confidence; who states none counts half. A tie decides nothing.
/// Deterministic and independent of the order of votes.
/// </summary>
internal static class VoteTally
{
    private const double WeightWithoutConfidence = 0.5;

    /// <summary>Sums by option, every option present.</summary>
    public static IReadOnlyDictionary<string, double> Count(IReadOnlyList<string> options, IEnumerable<VoteRead> votes, bool weighted)
    {
        // Decimal: its sums do not depend on the order.
        var sums = options.ToDictionary(o => o, _ => 0m);
        foreach (var vote in votes)
        {
            if (vote.Option is { } option && sums.ContainsKey(option))
            {
                sums[option] += WeightOf(vote, weighted);
            }
        }

        return sums.ToDictionary(s => s.Key, s => (double)s.Value);
    }

    /// <summary>The option with the most; null for a tie or no votes.</summary>
    public static string? Winner(IReadOnlyDictionary<string, double> tally)
    {
        var most = tally.Values.DefaultIfEmpty(0).Max();
        var winners = tally.Where(t => t.Value >= most).Select(t => t.Key).ToList();
        return most > 0 && winners.Count == 1 ? winners[0] : null;
    }

    /// <summary>True when votes that may still come, each of weight 1, can neither change the winner nor tie.</summary>
    public static bool IsDecided(IReadOnlyDictionary<string, double> tally, int open)
    {
        var order = tally.Values.OrderDescending().ToList();
        return order.Count > 1 && order[0] > order[1] + open;
    }

    /// <summary>The winner's share of all weight, 0–1.</summary>
    public static double Share(IReadOnlyDictionary<string, double> tally, string? winner) =>
        winner is null ? 0 : tally[winner] / tally.Values.Sum();

    private static decimal WeightOf(VoteRead vote, bool weighted) => weighted ? Math.Round((decimal)(vote.Confidence ?? WeightWithoutConfidence), 6) : 1m;
}
