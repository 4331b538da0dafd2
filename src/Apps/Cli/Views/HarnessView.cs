using System.Globalization;
using Quorate.Contracts;
using Quorate.Harness.Metrics;
using Quorate.Harness.Scenarios;
using Output = Quorate.Cli.Common.Output;

namespace Quorate.Cli.Views;

/// <summary>Scenarios, and what a batch of runs showed.</summary>
internal static class HarnessView
{
    public static void List(Output output, IReadOnlyList<Scenario> scenarios)
    {
        var table = new FittedTable(output.People, output.Live).Name("scenario").Name("fault").Name("platform").Text("what happens");
        foreach (var scenario in scenarios)
        {
            table.Row($"[bold]{scenario.Name}[/]", scenario.FaultNames, string.Join(", ", scenario.Platform), Output.Safe(scenario.Summary));
        }

        table.Write();
    }

    public static void Show(Output output, BatchSummary summary, string record)
    {
        var table = new FittedTable(output.People, output.Live).Name("scenario").Name("outcome").Number("recovery s", "s").Number("MRL s").Number("TGED").Number("plans").Number("actions").Name("cause").Text("why not");
        foreach (var run in summary.Scenarios)
        {
            table.Row(
                $"{run.Name} [grey]s{run.Seed}[/]",
                run.Error is not null ? "[yellow]error[/]" : run.SrPass ? "[green]pass[/]" : "[red]fail[/]",
                Seconds(run.RecoveryMs),
                Seconds(run.MrlMs),
                Number(run.Tged),
                $"{run.PlanVersions}",
                $"{run.Tasks.Actions}",
                run.RootRight switch { true => "right", false => "wrong", null => "–" },
                Output.Safe(PlainText.Line(run.Error ?? (run.Reasons is [var first, ..] ? first : ""), 200)));
        }

        table.Write();
        output.Line($"[bold]SR {Number(summary.Sr)}[/] (95 %: {Number(summary.SrWilson95[0])}–{Number(summary.SrWilson95[1])}), root verified {Number(summary.SrRoot)}, right causes {Number(summary.RootRight)}; {summary.Runs} runs, {summary.Errors} errors");
        output.Line($"MRL {Seconds(summary.MrlMs)} s, TGED {Number(summary.Tged)} over {summary.Replans} replans, {summary.UncommittedReplans} never committed; recovery p50 {Seconds(summary.P50RecoveryMs)} s, p95 {Seconds(summary.P95RecoveryMs)} s; detection p50 {Seconds(summary.P50DetectionMs)} s, p95 {Seconds(summary.P95DetectionMs)} s");
        output.Line($"[grey]records: {Output.Safe(record)}[/]");
    }

    private static string Seconds(double? ms) => ms is { } value ? (value / 1_000).ToString("0.0", CultureInfo.InvariantCulture) : "–";

    private static string Number(double? value) => value is { } number ? number.ToString("0.00", CultureInfo.InvariantCulture) : "–";
}
