using Quorate.Engine.Triage;
using Quorate.Harness.Metrics;
using Quorate.Harness.Records;

namespace Quorate.Tests.Unit.Harness;

public class RunJudgeTests
{
    [Fact]
    public void Judge_RepairedAndHeld_Passes()
    {
        var result = Judge(Plans.Repaired());
        Assert.True(result is { SrPass: true, RootVerified: true, RootRight: true }, string.Join("; ", result.Reasons));
        // Injected at 1,000: seen at 1,200, healthy from 2,100 on, held for three seconds more.
        Assert.Equal((200, 1_100, 4_100), (result.DetectionMs, result.HealthyMs, result.RecoveryMs));
    }

    [Fact]
    public void Judge_OneLookFailsInTheWindow_IsNoRepair()
    {
        var evidence = Plans.Repaired();
        var readings = evidence.Oracle.Readings.Select(r => r.AtMs > 5_500 && r.AtMs < 6_000 ? r with { Failures = ["place an order: answers 503"] } : r).ToList();
        var result = Judge(evidence with { Oracle = evidence.Oracle with { Readings = readings } });
        Assert.False(result.RootVerified || result.SrPass);
        Assert.Contains(result.Reasons, r => r.Contains("503", StringComparison.Ordinal));
    }

    [Fact]
    public void Judge_HealthyOnlyBeforeTheTriageEnded_IsNoRepair()
    {
        var evidence = Plans.Repaired();
        Assert.False(Judge(evidence with { Incident = evidence.Incident with { TriageEndedMs = 7_500 } }).RootVerified);
    }

    [Fact]
    public void Judge_LooksBeforeTheLastAction_DoNotCount()
    {
        var evidence = Plans.Repaired();
        Assert.False(Judge(evidence with { Incident = evidence.Incident with { ActionsEndedMs = [2_000, 4_500] } }).RootVerified);
    }

    [Fact]
    public void Judge_SuccessDeclaredWithoutRecovery_IsNoRepair()
    {
        var evidence = Plans.Repaired();
        var sick = evidence.Oracle.Readings.Select(r => r with { Failures = ["api: stopped"] }).ToList();
        var result = Judge(evidence with { Oracle = new OracleTrace { Readings = sick }, Incident = evidence.Incident with { Outcome = TriageOutcome.Resolved, Verified = true } });
        Assert.False(result.SrPass || result.RootVerified);
        Assert.Null(result.RecoveryMs);
    }

    [Theory]
    [InlineData("the user app has no rights on orders", null)]
    [InlineData(null, "cache environment: 12ab, was 34cd")]
    public void Judge_InvariantBrokenOrSomethingChanged_IsNoRepair(string? invariant, string? difference)
    {
        var evidence = Plans.Repaired();
        var result = Judge(evidence with { Oracle = evidence.Oracle with { Invariants = invariant is null ? [] : [invariant], Differences = difference is null ? [] : [difference] } });
        Assert.False(result.SrPass || result.RootVerified);
        Assert.Contains(result.Reasons, r => r.Contains(invariant ?? difference!, StringComparison.Ordinal));
    }

    [Fact]
    public void Judge_ActionWhereNothingIsWrong_Fails()
    {
        var calm = Plans.Repaired(fault: false);
        Assert.True(Judge(calm).SrPass, string.Join("; ", Judge(calm).Reasons));
        var acted = RunJudge.Judge(calm, [Plans.Proposal(Plans.Chain(1, "restart"))]);
        Assert.False(acted.SrPass);
        Assert.Contains("1 actions although nothing was wrong", acted.Reasons);
    }

    [Fact]
    public void Judge_NothingDone_FailsAgainstAFault()
    {
        var evidence = Plans.Repaired();
        var idle = evidence with { Incident = evidence.Incident with { Commits = [], Tasks = [], ActionsEndedMs = [] } };
        Assert.False(RunJudge.Judge(idle, []).SrPass);
    }

    [Fact]
    public void Judge_WrongService_IsAWrongDiagnosisOfARightRepair()
    {
        var evidence = Plans.Repaired();
        var result = Judge(evidence with { Incident = evidence.Incident with { RootService = "edge" } });
        Assert.True(result.SrPass);
        Assert.False(result.RootRight);
    }

    [Fact]
    public void Summary_HarnessError_IsReportedApart()
    {
        var evidence = Plans.Repaired();
        var error = Judge(evidence with { Header = evidence.Header with { Error = "the site does not get healthy" } });
        var summary = BatchSummary.Of([Judge(evidence), error]);
        Assert.False(error.SrPass);
        Assert.Equal((2, 1, 1.0, 1.0), (summary.Runs, summary.Errors, summary.Sr, summary.SrRoot));
        Assert.Equal([0.2065, 1], summary.SrWilson95);
        Assert.Equal(4_100, summary.P95RecoveryMs);
    }

    [Fact]
    public void Summary_NoRun_HasNoRate()
    {
        var summary = BatchSummary.Of([]);
        Assert.Null(summary.Sr);
        // What a reader counts on is there, known or not.
        var document = Quorate.Contracts.QuorateJson.ToElement(summary);
        Assert.All(["sr", "mrl_ms", "tged", "root_right", "p95_recovery_ms"], name => Assert.Equal(System.Text.Json.JsonValueKind.Null, document.GetProperty(name).ValueKind));
        Assert.Null(summary.MrlMs);
        Assert.Equal([0, 1], summary.SrWilson95);
    }

    private static RunResult Judge(RunEvidence evidence) => RunJudge.Judge(evidence, Plans.Proposals(evidence));
}
