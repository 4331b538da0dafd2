using System.CommandLine;
using Quorate.Cli.Bench;
using Quorate.Cli.Common;
using Spectre.Console;

namespace Quorate.Cli.Commands;

/// <summary>The speed of auctions.</summary>
internal static class BenchAuctionCommand
{
    public static Command Create()
    {
        var bidders = BenchCommand.Count("--bidders", "Agents, each with a bid and a history.", 100, 1_000);
        var repeats = BenchCommand.Count("--repeats", "Evaluations to measure.", 2_000, 1_000_000);
        var wholes = BenchCommand.Count("--whole", "Whole auctions to measure, with signatures and consensus.", 5, 10_000);
        var seed = NumberOptions.Seed("Of the agents.", 1);
        var command = new Command("auction", "How long an auction takes: the evaluation of all bids by five criteria, and the whole with signatures and consensus.") { bidders, repeats, wholes, seed };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var result = await new AuctionBenchmark(workspace.Time).RunAsync(parse.GetValue(bidders), parse.GetValue(repeats), parse.GetValue(wholes), parse.GetValue(seed), token);
            workspace.Output.Result(result, console =>
            {
                console.MarkupLine($"evaluation of {result.Bidders} bids by 5 criteria: [bold]{result.EvaluationMs:0.000} ms[/] (median of {result.Repeats:N0}; p95 {result.EvaluationP95Ms:0.000} ms); their histories before: {result.AssessmentMs:0.000} ms");
                console.MarkupLine($"whole auction: [bold]{result.WholeMs:0} ms[/]: bids sealed, signed and opened {result.BidsMs:0.0} ms, record with signatures verified {result.RecordMs:0.0} ms, consensus of {result.Members} members {result.ConsensusMs:0} ms");
            });
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate bench auction --bidders 100");
    }
}
