using System.CommandLine;
using System.Globalization;
using Quorate.Cli.Bench;
using Quorate.Cli.Common;
using Spectre.Console;

namespace Quorate.Cli.Commands;

/// <summary>What the gateway adds to a model's answer.</summary>
internal static class BenchGatewayCommand
{
    private const int MostConnections = 900;
    private const int MostStreams = 900;
    private const int StreamTokens = 64;
    private const int SlowTokens = 40;
    private const int SlowGapMs = 50;
    private static readonly int[] Delays = [0, 20];
    private static readonly int[] Answers = [0, StreamTokens];
    private static readonly string[] Columns = ["delay, answer, connections", "direct/s", "gateway/s", "direct p50 ms", "gateway p50 ms", "added p50", "added p99", "added first token", "µs a token", "MiB", "peak"];

    public static Command Create()
    {
        var connections = NumberOptions.Wholes("--connections", "Connections side by side.", [1, 16, 64], 1, MostConnections);
        var seconds = NumberOptions.Whole("--seconds", "Of each measurement.", 5, 1, 600);
        var streams = NumberOptions.Whole("--streams", "Concurrent slow streams at the end.", 512, 0, MostStreams);
        var command = new Command("gateway", "Latency, throughput and memory that /v1 adds to a model's answer, beside the same answer asked for directly.") { connections, seconds, streams };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var duration = TimeSpan.FromSeconds(parse.GetValue(seconds));
            var cases = Cases(parse.GetValue(connections)!, parse.GetValue(streams));
            var result = await GatewayBenchmark.RunAsync(cases, duration, row => workspace.Output.Line(Line(row)), workspace.Time, token);
            workspace.Output.Result(result, console => Show(console, result));
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate bench gateway", "quorate bench gateway --connections 16 --seconds 10 --streams 0 --json");
    }

    /// <summary>The upstream of the measurement, also for other programs that load it.</summary>
    public static Command CreateStub()
    {
        var port = NumberOptions.OptionalWhole("--port", "On loopback.", 1, 65_535);
        port.Required = true;
        var command = new Command("gateway-stub", "The upstream of bench gateway by itself, until its input ends.") { port };
        command.Hidden = true;
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            await GatewayStub.RunAsync(parse.GetRequiredValue(port)!.Value, workspace.Time, token);
            return ExitCodes.Done;
        }));
        return command;
    }

    private static List<GatewayCase> Cases(int[] connections, int streams) =>
    [
        .. from delay in Delays from tokens in Answers from count in connections select new GatewayCase(count, delay, 0, tokens),
        .. streams == 0 ? Array.Empty<GatewayCase>() : [new GatewayCase(streams, 0, SlowGapMs, SlowTokens)],
    ];

    private static string Name(GatewayCase each) =>
        $"{each.DelayMs,2} ms, {(each.Tokens == 0 ? "whole" : each.GapMs == 0 ? $"stream of {each.Tokens}" : $"stream of {each.Tokens}, {each.GapMs} ms apart")}, {each.Connections}";

    private static string Line(GatewayRow row) =>
        $"{Name(row.Case)}: [bold]{row.Gateway.RequestsPerS:N0}[/] of {row.Direct.RequestsPerS:N0} requests/s, added p50 {row.AddedP50Ms:0.000} p99 {row.AddedP99Ms:0.000} ms";

    private static void Show(IAnsiConsole console, GatewayBenchResult result)
    {
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumns(Columns);

        foreach (var row in result.Rows)
        {
            string Ms(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
            table.AddRow(
                Name(row.Case), $"{row.Direct.RequestsPerS:N0}", $"{row.Gateway.RequestsPerS:N0}", Ms(row.Direct.P50Ms), Ms(row.Gateway.P50Ms), Ms(row.AddedP50Ms), Ms(row.AddedP99Ms),
                row.Case.Tokens == 0 ? "" : Ms(row.AddedFirstTokenP50Ms), row.AddedPerTokenUs?.ToString("0.0", CultureInfo.InvariantCulture) ?? "", $"{row.MemoryMb:0}", $"{row.PeakMemoryMb:0}");
        }

        console.Write(table);
        console.MarkupLine($"[grey]load before: {result.LoadBefore:0.0}; the cache is off, all else of the pipeline is on[/]");
    }
}
