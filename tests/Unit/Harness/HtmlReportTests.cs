using Quorate.Contracts;
using Quorate.Harness.Metrics;
using Quorate.Harness.Records;
using Quorate.Harness.Report;

namespace Quorate.Tests.Unit.Harness;

public sealed class HtmlReportTests
{
    [Fact]
    public void Write_ForeignTextInARun_IsShownAndNeverActsOnThePage()
    {
        const string Hostile = "</title><script src=https://evil.example/x.js></script>";
        var evidence = Reported(Plans.Repaired());
        evidence = evidence with
        {
            Header = evidence.Header with { IncidentText = Hostile },
            Incident = evidence.Incident with { RootCause = Hostile, Tasks = [Plans.Ran(1, "t1") with { Out = Hostile }] },
            Oracle = evidence.Oracle with { Readings = [.. evidence.Oracle.Readings.Select(r => r.Passed ? r : r with { Failures = [Hostile] })] },
        };

        var page = Write(evidence);

        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("&lt;script src=https://evil.example/x.js&gt;", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_PassedAndFailedRun_TellsBothAndNeedsNothingFromElsewhere()
    {
        var passed = Reported(Plans.Repaired());
        var failed = passed with { Oracle = new OracleTrace { Readings = [.. passed.Oracle.Readings.Select(r => r with { Failures = ["api: stopped"] })] } };

        var page = Write(passed, failed);

        Assert.Contains(HtmlReport.Mark, page, StringComparison.Ordinal);
        Assert.Contains("<span class=\"badge pass\">pass</span>", page, StringComparison.Ordinal);
        Assert.Contains("<span class=\"badge fail\">fail</span>", page, StringComparison.Ordinal);
        Assert.Contains("50 %", page, StringComparison.Ordinal);
        Assert.Equal(2, page.Split("<svg class=\"timeline\"").Length - 1);
        Assert.DoesNotMatch("(src|href)=\"(?!#)|url\\(|@import", page);
    }

    private static string Write(params RunEvidence[] runs)
    {
        var reported = runs.Select(e => new ReportedRun(e, RunJudge.Judge(e, Plans.Proposals(e)))).ToList();
        return HtmlReport.Write(BatchSummary.Of([.. reported.Select(r => r.Result)]), reported, DateTimeOffset.UnixEpoch);
    }

    private static RunEvidence Reported(RunEvidence evidence) => evidence with
    {
        Planning = new PlanningTrace { Steps = [.. Plans.Proposals(evidence).Select(p => new PlanningStep(0, 1, default, [], [], [], QuorateJson.ToElement(p)))] },
    };
}
