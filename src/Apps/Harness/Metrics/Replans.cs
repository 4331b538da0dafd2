using System.Text.Json.Serialization;
using Quorate.Contracts.Plans;
using Quorate.Engine.Triage.Metrics;
using Quorate.Harness.Records;

namespace Quorate.Harness.Metrics;

/// <summary>One change from a committed version to the next. LatencyMs: from the earliest deviation that it answers to its durable commit; null when there was none.</summary>
public sealed record Replan(int From, int To, double Tged, double TgedBounded, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] double? LatencyMs);

/// <summary>
/// A trigger is a deviation that no acting plan has answered yet: the one that the triage began with, later what the engine's
/// monitor saw. Those that come while one is open are merged with it, so that the earliest counts.
/// </summary>
public static class Replans
{
    /// <param name="commits">In order, with the plans.</param>
    /// <param name="triggerMs">The deviation that the triage began with; null: there was none.</param>
    /// <param name="deviationsMs">Those seen later, in order.</param>
    /// <returns>The changes, and how many triggers no plan ever answered.</returns>
    public static (IReadOnlyList<Replan> Committed, int Uncommitted) Of(IReadOnlyList<(PlanCommit Commit, Plan Plan)> commits, double? triggerMs, IReadOnlyList<double> deviationsMs)
    {
        var replans = new List<Replan>();
        var open = triggerMs;
        var next = 0;
        for (var i = 0; i < commits.Count; i++)
        {
            for (; next < deviationsMs.Count && deviationsMs[next] <= commits[i].Commit.AtMs; next++)
            {
                open ??= deviationsMs[next];
            }

            if (i > 0)
            {
                var distance = TaskGraphEditDistance.Compute(commits[i - 1].Plan.Tasks, commits[i].Plan.Tasks);
                var latency = open is { } at ? Math.Round(commits[i].Commit.AtMs - at, 3) : (double?)null;
                replans.Add(new Replan(commits[i - 1].Commit.Version, commits[i].Commit.Version, distance.Value, distance.Bounded, latency));
            }

            open = commits[i].Plan.Tasks.Any(t => TaskCatalog.ChangesWorld(t.Type)) ? null : open;
        }

        return (replans, (open is null ? 0 : 1) + (open is null && next < deviationsMs.Count ? 1 : 0));
    }

    /// <summary>MRL: Σ latency·TGED / Σ TGED in milliseconds; null when ΣTGED is 0.</summary>
    public static double? MeanLatencyMs(IEnumerable<Replan> replans)
    {
        var timed = replans.Where(r => r.LatencyMs is not null).ToList();
        var weight = timed.Sum(r => r.Tged);
        return weight > 0 ? Math.Round(timed.Sum(r => r.LatencyMs!.Value * r.Tged) / weight, 3) : null;
    }

    /// <summary>Mean TGED; null when there was no replan.</summary>
    public static double? MeanTged(IReadOnlyList<Replan> replans) => replans.Count > 0 ? Math.Round(replans.Average(r => r.Tged), 6) : null;
}
