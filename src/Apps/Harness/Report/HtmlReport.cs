using System.Globalization;
using System.Net;
using System.Text;
using Quorate.Contracts.Plans;
using Quorate.Engine.Triage.Planning;
using Quorate.Harness.Metrics;
using Quorate.Harness.Records;

namespace Quorate.Harness.Report;

/// <summary>A run as the page shows it.</summary>
public sealed record ReportedRun(RunEvidence Evidence, RunResult Result)
{
    /// <summary>The committed plans, in order.</summary>
    internal IReadOnlyList<Plan> Plans =>
        [.. Evidence.Incident.Commits.Select(c => Contracts.QuorateJson.Deserialize<PlanProposal>(Evidence.Planning.Steps[c.Step].Proposal.GetRawText())!.Plan! with { PlanVersion = c.Version })];
}

/// <summary>One page that needs nothing from elsewhere: the summary, a row for each run, and behind each its timeline and plans.</summary>
public static class HtmlReport
{
    /// <summary>By which a page is told from other files.</summary>
    public const string Mark = "<title>Quorate harness report</title>";

    public static string Write(BatchSummary summary, IReadOnlyList<ReportedRun> runs, DateTimeOffset at)
    {
        var page = new StringBuilder();
        page.Append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">" + Mark + "<style>")
            .Append(ReportStyle.Css).Append("</style></head><body><main>");
        page.Append(CultureInfo.InvariantCulture, $"<header><h1>Harness report</h1><p>{summary.Runs} runs, {summary.Errors} errors · {at:yyyy-MM-dd HH:mm} UTC</p></header>");
        Figures(page, summary);
        Table(page, runs);
        page.Append("<h2>Runs</h2>");
        for (var i = 0; i < runs.Count; i++)
        {
            Run(page, runs[i], i);
        }

        return page.Append("</main></body></html>\n").ToString();
    }

    private static void Figures(StringBuilder page, BatchSummary s)
    {
        void Figure(string name, string value, string note) =>
            page.Append(CultureInfo.InvariantCulture, $"<div class=\"figure\"><span class=\"name\">{name}</span><span class=\"value\">{value}</span><span class=\"note\">{note}</span></div>");
        page.Append("<section class=\"figures\">");
        Figure("Success rate", Rate(s.Sr), $"95 %: {Rate(s.SrWilson95[0])}–{Rate(s.SrWilson95[1])}");
        Figure("Root verified", Rate(s.SrRoot), $"95 %: {Rate(s.SrRootWilson95[0])}–{Rate(s.SrRootWilson95[1])}");
        Figure("Right causes", Rate(s.RootRight), "of those expected");
        Figure("Recovery", Seconds(s.P50RecoveryMs), $"p95 {Seconds(s.P95RecoveryMs)}");
        Figure("Detection", Seconds(s.P50DetectionMs), $"p95 {Seconds(s.P95DetectionMs)}");
        Figure("Mean replan latency", Seconds(s.MrlMs), $"weighted; p95 {Seconds(s.P95ReplanMs)}");
        Figure("Edit distance", Number(s.Tged), $"{s.Replans} replans, {s.UncommittedReplans} never committed");
        page.Append("</section>");
    }

    private static void Table(StringBuilder page, IReadOnlyList<ReportedRun> runs)
    {
        page.Append("<h2>Scenarios</h2><div class=\"scroll\"><table><thead><tr><th>scenario</th><th>arm</th><th class=\"n\">seed</th><th>outcome</th><th class=\"n\">recovery</th><th class=\"n\">detection</th><th class=\"n\">MRL</th><th class=\"n\">TGED</th><th class=\"n\">plans</th><th class=\"n\">actions</th><th>cause</th><th>why not</th></tr></thead><tbody>");
        for (var i = 0; i < runs.Count; i++)
        {
            var r = runs[i].Result;
            page.Append(CultureInfo.InvariantCulture, $"<tr><td><a href=\"#run{i}\">{Text(r.Name)}</a></td><td>{Text(r.Arm)} <span class=\"dim\">{Text(r.Platform)}</span></td><td class=\"n\">{r.Seed}</td><td>{Badge(r)}</td>");
            page.Append(CultureInfo.InvariantCulture, $"<td class=\"n\">{Seconds(r.RecoveryMs)}</td><td class=\"n\">{Seconds(r.DetectionMs)}</td><td class=\"n\">{Seconds(r.MrlMs)}</td><td class=\"n\">{Number(r.Tged)}</td><td class=\"n\">{r.PlanVersions}</td><td class=\"n\">{r.Tasks.Actions}</td>");
            page.Append(CultureInfo.InvariantCulture, $"<td>{Cause(r)}</td><td class=\"why\">{Text(r.Error ?? (r.Reasons is [var first, ..] ? first : ""))}</td></tr>");
        }

        page.Append("</tbody></table></div>");
    }

    private static void Run(StringBuilder page, ReportedRun run, int index)
    {
        var (e, r, plans) = (run.Evidence, run.Result, run.Plans);
        page.Append(CultureInfo.InvariantCulture, $"<details id=\"run{index}\"{(r.SrPass ? "" : " open")}><summary><span class=\"run\">{Text(r.Name)}</span> <span class=\"dim\">seed {r.Seed}, {Text(r.Arm)}, {Text(r.Platform)}</span> {Badge(r)}</summary>");
        page.Append(CultureInfo.InvariantCulture, $"<p>{Text(e.Scenario.Summary)} <q>{Text(e.Header.IncidentText)}</q></p>");
        if (r.RootCause is { } cause)
        {
            page.Append(CultureInfo.InvariantCulture, $"<p>Found: <b>{Text(r.RootService ?? "")}</b> – {Text(cause)} {(r.RootRight is null ? "" : Cause(r))}</p>");
        }

        if (r.Reasons.Count > 0 || r.Error is not null)
        {
            page.Append("<ul class=\"reasons\">").AppendJoin("", r.Reasons.Concat(r.Error is { } error ? [error] : []).Select(x => $"<li>{Text(x)}</li>")).Append("</ul>");
        }

        page.Append("<div class=\"scroll\">").Append(TimelineSvg.Draw(e, plans)).Append("</div>");
        for (var i = 0; i < plans.Count; i++)
        {
            var step = e.Planning.Steps[e.Incident.Commits[i].Step];
            var rationale = step.Proposal.TryGetProperty("rationale", out var text) ? text.GetString() ?? "" : "";
            page.Append(CultureInfo.InvariantCulture, $"<h3>Plan {plans[i].PlanVersion} <span class=\"dim\">{Text(rationale)}</span></h3><div class=\"scroll\">{PlanGraphSvg.Draw(plans[i], e.Incident.Tasks)}</div>");
        }

        page.Append("</details>");
    }

    private static string Badge(RunResult r) => r.Error is not null ? "<span class=\"badge error\">error</span>"
        : r.SrPass ? "<span class=\"badge pass\">pass</span>"
        : r.RootVerified ? "<span class=\"badge fail\">fail</span> <span class=\"dim\">root verified</span>"
        : "<span class=\"badge fail\">fail</span>";

    private static string Cause(RunResult r) => r.RootRight switch { true => "<span class=\"right\">right</span>", false => "<span class=\"wrong\">wrong</span>", null => "–" };

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string Rate(double? rate) => rate is { } x ? (x * 100).ToString("0", CultureInfo.InvariantCulture) + " %" : "–";

    private static string Seconds(double? ms) => ms is { } x ? (x / 1_000).ToString("0.0", CultureInfo.InvariantCulture) + " s" : "–";

    private static string Number(double? value) => value is { } x ? x.ToString("0.00", CultureInfo.InvariantCulture) : "–";
}
