using Quorate.Engine.Triage.Planning;
using Quorate.Harness.Records;

namespace Quorate.Harness.Metrics;

/// <summary>Judges a run by its evidence alone: pure, so that a replay comes to the same result. Neither the engine's word nor the planner's counts.</summary>
public static class RunJudge
{
    /// <param name="evidence">All of it.</param>
    /// <param name="proposals">The planner's, in order: as recorded, or computed again.</param>
    public static RunResult Judge(RunEvidence evidence, IReadOnlyList<PlanProposal> proposals)
    {
        var (incident, scenario, header) = (evidence.Incident, evidence.Scenario, evidence.Header);
        var commits = incident.Commits.Select(c => (c, proposals[c.Step].Plan! with { PlanVersion = c.Version })).ToList();
        var plans = commits.ConvertAll(c => c.Item2);
        var tasks = TaskCounts.Of(plans, incident.Tasks);
        var (replans, uncommitted) = Replans.Of(commits, incident.TriageBeganMs is null ? null : incident.TriggerMs ?? (scenario.Faults.Count > 0 ? incident.TriageBeganMs : null), incident.DeviationsMs);
        var window = FindWindow(evidence);
        var reasons = Reasons(evidence, tasks, window).ToList();
        var rootVerified = header.Error is null && window is not null && evidence.Oracle.Invariants.Count == 0 && evidence.Oracle.Differences.Count == 0;
        return new RunResult
        {
            Name = scenario.Name,
            Seed = header.Seed,
            Repetition = header.Repetition,
            Arm = header.Arm,
            Platform = header.Platform,
            Fault = scenario.FaultNames,
            SrPass = header.Error is null && reasons.Count == 0,
            RootVerified = rootVerified,
            Reasons = reasons,
            MrlMs = Replans.MeanLatencyMs(replans),
            Tged = Replans.MeanTged(replans),
            DetectionMs = Since(incident.InjectedMs, incident.TriggerMs),
            RecoveryMs = rootVerified ? Since(incident.InjectedMs, window?.EndMs) : null,
            HealthyMs = rootVerified ? Since(incident.InjectedMs, window?.BeginMs) : null,
            PlanVersions = plans.Count,
            Replans = replans,
            UncommittedReplans = uncommitted,
            Tasks = tasks,
            Outcome = incident.Outcome,
            RootService = incident.RootService,
            RootCause = incident.RootCause,
            RootRight = IsRootRight(evidence),
            DurationMs = header.DurationMs,
            Left = evidence.Oracle.Left,
            Error = header.Error,
        };
    }

    /// <summary>
    /// The unbroken row of good looks at the end: it must be as long as the stability window, reach beyond the end of the triage
    /// and begin after the last action. Null when there is none.
    /// </summary>
    internal static (double BeginMs, double EndMs)? FindWindow(RunEvidence evidence)
    {
        var incident = evidence.Incident;
        if (incident.TriageEndedMs is not { } ended)
        {
            return null;
        }

        var earliest = incident.ActionsEndedMs.Append(incident.InjectedMs ?? incident.TriageBeganMs ?? 0).Max();
        var row = evidence.Oracle.Readings.Reverse().TakeWhile(r => r.Passed && r.BeganMs >= earliest).ToList();
        if (row.Count < 2 || row[0].AtMs < ended)
        {
            return null;
        }

        var (begin, windowMs) = (row[^1].BeganMs, evidence.Scenario.StabilityWindowS * 1_000);
        return row[0].AtMs - begin >= windowMs ? (begin, begin + windowMs) : null;
    }

    private static IEnumerable<string> Reasons(RunEvidence evidence, TaskCounts tasks, (double, double)? window)
    {
        var hasFault = evidence.Scenario.Faults.Count > 0;
        if (window is null)
        {
            yield return Unheld(evidence);
        }

        foreach (var broken in evidence.Oracle.Invariants.Concat(evidence.Oracle.Differences.Select(d => $"changed: {d}")))
        {
            yield return broken;
        }

        if (!tasks.Pass(hasFault))
        {
            yield return tasks.Total == 0
                ? "nothing was planned against a real fault"
                : $"{tasks.Completed} of {tasks.Total} tasks completed, {tasks.FailedLeaves} of {tasks.Leaves} leaves failed";
        }

        if (!hasFault && tasks.Actions > 0)
        {
            yield return $"{tasks.Actions} actions although nothing was wrong";
        }
    }

    private static string Unheld(RunEvidence evidence)
    {
        var readings = evidence.Oracle.Readings;
        return evidence.Incident.TriageEndedMs is null ? "the triage did not end"
            : readings.LastOrDefault(r => !r.Passed) is { } failed ? $"the site did not hold for {evidence.Scenario.StabilityWindowS} s: {failed.Failures[0]}"
            : $"the site was not seen healthy for {evidence.Scenario.StabilityWindowS} s after the last action";
    }

    private static bool? IsRootRight(RunEvidence evidence) => evidence.Scenario.Expected is not { } expected ? null
        : evidence.Incident.RootService == expected.RootService
            && (expected.RootCauses.Count == 0 || expected.RootCauses.Any(c => evidence.Incident.RootCause?.Contains(c, StringComparison.OrdinalIgnoreCase) == true));

    private static double? Since(double? from, double? to) => from is { } begin && to is { } end ? Math.Round(end - begin, 3) : null;
}
