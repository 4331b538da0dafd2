using System.CommandLine;
using Quorate.Cli.Bench;
using Quorate.Cli.Common;
using Quorate.Cli.Demo;
using Quorate.Engine.Triage.Scheduling;
using Quorate.Storage.Benchmark;
using Spectre.Console;

namespace Quorate.Cli.Commands;

/// <summary>Benchmarks that anyone can rerun; each works in a temporary folder.</summary>
internal static class BenchCommand
{
    public static Command Create() => new("bench", "Measure consensus, the gateway, the scheduler, the ledger, the panel, auctions, the assignment of roles, placements, messaging and whole repairs on this machine.")
    {
        BenchConsensusCommand.Create(),
        BenchGatewayCommand.Create(),
        BenchGatewayCommand.CreateStub(),
        CreateScheduler(),
        CreateLedger(),
        CreateRecovery(),
        CreatePanel(),
        CreateAssignment(),
        BenchAuctionCommand.Create(),
        BenchMessagingCommand.Create(),
        WorkloadCommand.CreateBench(),
        BenchPlacementCommand.Create(),
    };

    private static Command CreateScheduler()
    {
        var tasks = Count("--tasks", "Tasks that do nothing, each with a durable intent and outcome.", 20_000, 1_000_000);
        var parallel = Count("--parallel", "Tasks under way at once.", 64, 1_024);
        var command = new Command("scheduler", "Durable tasks a second through the scheduler on SQLite.") { tasks, parallel };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            await using var store = await TemporaryStore.OpenAsync(workspace.Time, token);
            var result = await SchedulerBenchmark.RunAsync(store.Store.Ledger, store.Keys, workspace.Ids, parse.GetValue(tasks), parse.GetValue(parallel), workspace.Time, token);
            workspace.Output.Result(result, console => console.MarkupLine($"[bold]{result.TasksPerS:N0}[/] durable tasks/s  (p50 {result.P50Ms:0.00} ms, p99 {result.P99Ms:0.00} ms; {result.Tasks:N0} tasks, {parse.GetValue(parallel)} at once)"));
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate bench scheduler --tasks 20000");
    }

    private static Command CreateLedger()
    {
        var entries = Count("--entries", "Entries to append, then to verify.", 100_000, 10_000_000);
        var appenders = Count("--appenders", "Appends under way at once.", 64, 1_024);
        var command = new Command("ledger", "Durable appends and verified entries a second.") { entries, appenders };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var result = await LedgerBenchmark.RunAsync(parse.GetValue(entries), parse.GetValue(appenders), token);
            workspace.Output.Result(result, console => console.MarkupLine($"[bold]{result.AppendPerS:N0}[/] durable appends/s, [bold]{result.VerifyEntriesPerS:N0}[/] verified entries/s  ({result.Entries:N0} entries, {result.BytesPerEntry:0} bytes each, SQLite {result.SqliteVersion})"));
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate bench ledger --entries 100000");
    }

    private static Command CreatePanel()
    {
        var rounds = Count("--rounds", "Questions to five members of which one never answers.", 100, 10_000);
        var grace = Count("--grace-ms", "Milliseconds that stragglers have after the third answer.", 100, 10_000);
        var command = new Command("panel", "How long a question takes when one of five members hangs.") { rounds, grace };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var result = await new PanelBenchmark(workspace.Time, TimeSpan.FromMilliseconds(parse.GetValue(grace))).RunAsync(parse.GetValue(rounds), token);
            workspace.Output.Result(result, console => console.MarkupLine($"p95 [bold]{result.P95Ms:0} ms[/], {result.Ratio:0.00} × (third-fastest answer {result.ThirdP95Ms:0} ms + grace {result.GraceMs:0} ms); p50 {result.P50Ms:0} ms, {result.Rounds} questions"));
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate bench panel --rounds 100 --grace-ms 100");
    }

    private static Command CreateAssignment()
    {
        var size = Count("--size", "Roles, and as many agents.", 200, 2_000);
        var rounds = Count("--rounds", "Random tables, seeded by their number.", 50, 10_000);
        var command = new Command("assignment", "How long the optimal assignment of roles to agents takes, beside the greedy rule.") { size, rounds };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var result = await Interruption.ComputeAsync(() => AssignmentBenchmark.Run(parse.GetValue(size), parse.GetValue(rounds), workspace.Time, token), token);
            workspace.Output.Result(result, console => console.MarkupLine($"{result.Roles} roles, {result.Agents} agents: optimal p50 [bold]{result.OptimalMs.P50:0.00} ms[/] (p95 {result.OptimalMs.P95:0.00} ms), greedy p50 {result.GreedyMs.P50:0.00} ms; optimal is worth {result.Gain:P1} more, {result.Rounds} tables"));
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate bench assignment --size 200");
    }

    private static Command CreateRecovery()
    {
        var rounds = Count("--rounds", "Faults to inject into the lab's shop and repair.", 25, 1_000);
        var window = NumberOptions.Number("--window", "Seconds that a repair must hold.", 1, 0.2, 60);
        var command = new Command("recovery", "Faults on the lab, repaired by the rulebook: recovery, replanning and validation times.") { rounds, window };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            await using var site = DemoSite.Create(workspace);
            var result = await new RecoveryBenchmark(workspace, site, TimeSpan.FromSeconds(parse.GetValue(window))).RunAsync(parse.GetValue(rounds), token);
            workspace.Output.Result(result, console =>
            {
                console.MarkupLine($"[bold]{result.Resolved} of {result.Rounds}[/] resolved, windows of {result.WindowS:0.#} s");
                Line("recovery, fault to verified", result.RecoveryMs);
                Line("trigger to dispatch of the next plan", result.DispatchMs);
                Line("validation of a plan", result.ValidationMs);
                void Line(string what, Spread? ms) =>
                    console.MarkupLine(ms is null ? $"  {what}: none" : $"  {what}: p50 {ms.P50:0.##} ms, p95 {ms.P95:0.##} ms, p99 {ms.P99:0.##} ms ({ms.Count:N0})");
            });
            return result.Resolved == result.Rounds ? ExitCodes.Done : ExitCodes.Negative;
        }));
        return command.WithExamples("quorate bench recovery --rounds 25");
    }

    internal static Option<int> Count(string name, string description, int standard, int max) => NumberOptions.Whole(name, description, standard, 1, max);
}
