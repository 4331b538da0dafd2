using Quorate.Contracts.Placing;
using Quorate.Engine.Triage.Metrics;

namespace Quorate.Engine.Place.Workloads;

/// <summary>A job that ran in a replay. Seconds since the start of the trace.</summary>
public sealed record ReplayedJob(JobSpec Job, double StartS, double EndS)
{
    /// <summary>Bounded slowdown (Feitelson et al. 1997): the response time beside the run time, both of at least <see cref="ReplayMetrics.TauS"/>, at least 1.</summary>
    public double BoundedSlowdown => Math.Max(1, (EndS - Job.SubmitS) / Math.Max(EndS - StartS, ReplayMetrics.TauS));

    public double WaitS => StartS - Job.SubmitS;
}

/// <summary>How a policy did on a trace.</summary>
public sealed record ReplayMetrics
{
    /// <summary>Seconds below which a run time counts as this, so that the shortest jobs do not drown the mean.</summary>
    public const double TauS = 10;

    public required int Jobs { get; init; }

    /// <summary>Larger than the cluster; never started.</summary>
    public required int Rejected { get; init; }

    /// <summary>Core-seconds that jobs asked for while they ran, beside all core-seconds between the first submission and the last end; 0 to 1.</summary>
    public required double Utilisation { get; init; }

    public required double MeanWaitS { get; init; }

    public required double MeanBoundedSlowdown { get; init; }

    public required double P95BoundedSlowdown { get; init; }

    /// <summary>Jain's index (1984) over the users' mean bounded slowdowns; 1: all users fare the same, 1/n: one of n bears it all.</summary>
    public required double Fairness { get; init; }

    /// <summary>From the first submission to the last end.</summary>
    public required double MakespanS { get; init; }

    public static ReplayMetrics Of(IReadOnlyList<ReplayedJob> jobs, int rejected, long cores)
    {
        if (jobs.Count == 0)
        {
            return new ReplayMetrics { Jobs = 0, Rejected = rejected, Utilisation = 0, MeanWaitS = 0, MeanBoundedSlowdown = 0, P95BoundedSlowdown = 0, Fairness = 1, MakespanS = 0 };
        }

        var slowdowns = jobs.Select(j => j.BoundedSlowdown).Order().ToArray();
        var span = jobs.Max(j => j.EndS) - jobs.Min(j => j.Job.SubmitS);
        return new ReplayMetrics
        {
            Jobs = jobs.Count,
            Rejected = rejected,
            Utilisation = span > 0 ? jobs.Sum(j => (j.EndS - j.StartS) * j.Job.CpuCores) / (span * cores) : 0,
            MeanWaitS = jobs.Average(j => j.WaitS),
            MeanBoundedSlowdown = slowdowns.Average(),
            P95BoundedSlowdown = Quantile.NearestRank(slowdowns, 0.95),
            Fairness = Jain([.. jobs.GroupBy(j => j.Job.User).Select(user => user.Average(j => j.BoundedSlowdown))]),
            MakespanS = span,
        };
    }

    private static double Jain(IReadOnlyList<double> values) => values.Sum() * values.Sum() / (values.Count * values.Sum(v => v * v));
}
