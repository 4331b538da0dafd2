using System.Globalization;
using Quorate.Cli.Common;
using Quorate.Cli.Views;
using Quorate.Contracts;
using Quorate.Harness.Runs;
using Spectre.Console;

namespace Quorate.Cli.Evaluation;

/// <summary>A line on standard error for each run of a batch: how far it is, how good, and how long it will take.</summary>
internal sealed class HarnessProgress(int total, TimeProvider time, string record)
{
    private readonly IAnsiConsole _console = Output.Errors();
    private readonly long _began = time.GetTimestamp();
    private int _done;
    private int _made;
    private int _judged;
    private int _passed;

    public void Starting(RunRequest run)
    {
        if (_console.Profile.Out.IsTerminal)
        {
            _console.MarkupLine($"[grey]{_done + 1}/{total} {Output.Safe(Name(run))} …[/]");
        }
    }

    public void Finished(FinishedRun run)
    {
        _done++;
        _made += run.Resumed ? 0 : 1;
        _judged += run.Result.Error is null ? 1 : 0;
        _passed += run.Result.SrPass ? 1 : 0;
        var sr = _judged == 0 ? "–" : ((double)_passed / _judged).ToString("0.00", CultureInfo.InvariantCulture);
        _console.MarkupLine($"{_done}/{total} {Output.Safe(Name(run.Request))}: {Outcome(run)}; SR {sr}{Left()}");
    }

    public void Interrupted(int finished) =>
        _console.MarkupLine($"[yellow]interrupted[/] after {finished} of {total} runs; everything is put back. Go on with --resume (records: {Output.Safe(record)})");

    private static string Name(RunRequest run) => $"{run.Scenario.Name} seed {run.Seed}{(run.Repetition > 1 ? $" repetition {run.Repetition}" : "")} {run.Arm} on {run.Platform}";

    private static string Outcome(FinishedRun run) => (run.Resumed ? "recorded before, " : "") + (run.Result switch
    {
        { Error: { } error } => $"[yellow]error:[/] {Output.Safe(PlainText.Line(error, 160))}",
        { SrPass: true, RecoveryMs: { } ms } => $"[green]pass[/], recovered in {(ms / 1_000).ToString("0.0", CultureInfo.InvariantCulture)} s",
        { SrPass: true } => "[green]pass[/]",
        _ => $"[red]fail:[/] {Output.Safe(PlainText.Line(run.Result.Reasons is [var first, ..] ? first : "", 160))}",
    });

    private string Left()
    {
        if (_made == 0 || _done == total)
        {
            return "";
        }

        var each = time.GetElapsedTime(_began) / _made;
        return $"; {Duration.Text((each * (total - _done)).TotalMilliseconds)} left";
    }
}
