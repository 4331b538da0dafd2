using System.CommandLine;
using Quorate.Cli.Bench;
using Quorate.Cli.Common;
using Quorate.Engine.Place.Agreement;
using Spectre.Console;

namespace Quorate.Cli.Commands;

/// <summary>Measures placements that agents vote on and decide, with their real signatures.</summary>
internal static class BenchPlacementCommand
{
    public static Command Create()
    {
        var batch = BenchCommand.Count("--batch", "Jobs decided together.", PlacementRecord.MaxProposals, PlacementRecord.MaxProposals);
        var rounds = BenchCommand.Count("--rounds", "Rounds to measure, after a warm-up.", 200, 10_000);
        var cluster = WorkloadFiles.Cluster();
        var command = new Command("placement", "Jobs placed a second by a cluster's agents: votes by the rules, consensus with P-256 signatures, all in this process.") { batch, rounds, cluster };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var result = await new PlacementBenchmark(WorkloadFiles.ReadCluster(parse.GetValue(cluster)), workspace.Time).RunAsync(parse.GetValue(batch), parse.GetValue(rounds), token);
            workspace.Output.Result(result, console => console.MarkupLine(
                $"[bold]{result.PlacementsPerS:N0}[/] placements/s, {result.RoundsPerS:N1} rounds/s of {result.Batch}; a round p50 {result.RoundMs.P50:0.0} ms, p99 {result.RoundMs.P99:0.0} ms ({result.Agents} agents, {result.Rounds} rounds, {result.CpuMsPerRound:0.0} ms of CPU each)"));
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate bench placement", "quorate bench placement --batch 1 --rounds 500");
    }
}
