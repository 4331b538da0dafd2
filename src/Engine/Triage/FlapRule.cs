using Quorate.Contracts.Plans;

namespace Quorate.Engine.Triage;

/// <summary>Refuses flapping: the same change of plan from the same origin within a few seconds.</summary>
public static class FlapRule
{
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    /// <summary>How long until the candidate may be committed; null when it may be now.</summary>
    /// <param name="committed">The incident's plans so far, oldest first.</param>
    /// <param name="candidate">The plan proposed.</param>
    /// <param name="origin">Who proposes it.</param>
    /// <param name="now">The present time.</param>
    public static TimeSpan? WaitFor(IReadOnlyList<PlanCommitted> committed, Plan candidate, string origin, DateTimeOffset now)
    {
        if (committed.Count == 0)
        {
            return null;
        }

        var wanted = Diff(committed[^1].Plan, candidate);
        for (var i = committed.Count - 1; i >= 0; i--)
        {
            var age = now - committed[i].At;
            // No change at all repeats whatever the last commit was.
            var same = wanted.Length == 0 ? i == committed.Count - 1 : Diff(i == 0 ? null : committed[i - 1].Plan, committed[i].Plan) == wanted;
            if (same && committed[i].Origin == origin && age < Window)
            {
                return Window - age;
            }
        }

        return null;
    }

    /// <summary>The tasks that are added and removed, by what they do and not by id, in one normal form; empty for no change.</summary>
    public static string Diff(Plan? before, Plan after)
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var task in after.Tasks)
        {
            Count(counts, task, 1);
        }

        foreach (var task in before?.Tasks ?? [])
        {
            Count(counts, task, -1);
        }

        return string.Join('\n', counts.Where(c => c.Value != 0).Select(c => $"{(c.Value > 0 ? '+' : '-')}{Math.Abs(c.Value)} {c.Key}"));
    }

    private static void Count(SortedDictionary<string, int> counts, PlanTask task, int change)
    {
        var key = TaskIdentity.Of(task);
        counts[key] = counts.GetValueOrDefault(key) + change;
    }
}
