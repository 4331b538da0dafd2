using System.CommandLine;
using System.Globalization;
using Quorate.Cli.Bench;
using Quorate.Cli.Common;
using Quorate.Contracts;

namespace Quorate.Cli.Commands;

/// <summary>Measures the consensus protocol with its real cryptography.</summary>
internal static class BenchConsensusCommand
{
    private const int MostReplicas = 31;
    private const int MostClients = 512;
    private const int MostPayload = 16 << 10;
    private const int MostSeconds = 600;
    private const int MostRuns = 64;

    public static Command Create()
    {
        var replicas = new Option<string>("--replicas") { Description = $"Replicas, 4 to {MostReplicas}; several with commas.", HelpName = "N", DefaultValueFactory = _ => "4" };
        var clients = new Option<string>("--clients") { Description = $"Clients that each wait for their answer, 1 to {MostClients}; several with commas.", HelpName = "N", DefaultValueFactory = _ => "1,8,32,128" };
        var payload = new Option<int>("--payload") { Description = $"Bytes of a request, 8 to {MostPayload}.", DefaultValueFactory = _ => 100 };
        var seconds = new Option<int>("--seconds") { Description = $"Length of each run after a warm-up of 3 s, 1 to {MostSeconds}.", DefaultValueFactory = _ => 10 };
        var transport = new Option<string>("--transport") { Description = "tcp: each replica a process on loopback. inproc: all in this process.", DefaultValueFactory = _ => "tcp" };
        transport.AcceptOnlyFromAmong("tcp", "inproc");
        var durable = new Option<string>("--durable") { Description = "none: records in memory only. fsync (tcp): on disk before anything is said.", DefaultValueFactory = _ => "none" };
        durable.AcceptOnlyFromAmong("fsync", "none");
        var signed = new Option<bool>("--signed-requests") { Description = "Requests carry their client's signature, checked by every replica." };
        var links = new Option<string>("--links") { Description = "shared: the clients share one link to each replica, as in one process that asks much. own: each has links of its own (tcp).", DefaultValueFactory = _ => "shared" };
        links.AcceptOnlyFromAmong("shared", "own");
        var kill = new Option<bool>("--kill-leader") { Description = "Kill the leader after a third of the time, and say how long nobody got an answer." };
        var command = new Command("consensus", "Requests decided a second by a group of replicas, with signatures.") { replicas, clients, payload, seconds, transport, durable, signed, links, kill };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            AgentCommand.UseSocketThread();
            var runs = new List<ConsensusBenchResult>();
            foreach (var plan in Plans(parse.GetValue(replicas)!, parse.GetValue(clients)!, new ConsensusBenchPlan(
                4, 1, InRange("--payload", parse.GetValue(payload), 8, MostPayload), TimeSpan.FromSeconds(InRange("--seconds", parse.GetValue(seconds), 1, MostSeconds)),
                parse.GetValue(transport)!, parse.GetValue(durable)!, parse.GetValue(signed), parse.GetValue(kill), parse.GetValue(links) == "own")))
            {
                await using IBenchGroup group = plan.Transport == "tcp" ? await ProcessBenchGroup.StartAsync(plan, workspace.Time, token) : new InProcessBenchGroup(plan, workspace.Time);
                var run = await ConsensusBenchmark.RunAsync(plan, group, workspace.Time, token);
                runs.Add(run);
                workspace.Output.Line(Line(run));
            }

            // The last run stands for all where one object is expected.
            workspace.Output.Result(ConsensusBenchDocument.Of(runs), _ => { });
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate bench consensus", "quorate bench consensus --clients 32 --durable fsync", "quorate bench consensus --clients 8 --kill-leader");
    }

    private static string Line(ConsensusBenchResult run) =>
        $"n = {run.Replicas}, {run.Clients,3} clients: [bold]{run.DecisionsPerS,8:N0}[/] decisions/s, p50 {run.LatencyMs.P50:0.00} p95 {run.LatencyMs.P95:0.00} p99 {run.LatencyMs.P99:0.00} ms, batch {run.Batch:0.0}, "
        + $"{run.CpuMsPerDecision:0.000} CPU ms + {run.ClientCpuMsPerDecision:0.000} of the clients, {run.BytesPerDecision:N0} bytes, {run.SignedPerDecision:0.00} signed, {run.VerifiedPerDecision:0.00} verified each, {run.MemoryMb:0} MiB"
        + $"{(run.LeaderKillGapMs is { } gap ? $", [bold]{gap:0} ms[/] without an answer" : "")} [grey](load {run.LoadBefore:0.0})[/]";

    private static ConsensusBenchPlan[] Plans(string replicas, string clients, ConsensusBenchPlan plan)
    {
        if (plan is { Transport: "inproc", Durable: "fsync" })
        {
            throw QuorateException.Input("durable_inproc", "--durable fsync needs --transport tcp: replicas in this process keep nothing");
        }

        ConsensusBenchPlan[] all = [.. from n in Numbers("--replicas", replicas, 4, MostReplicas) from c in Numbers("--clients", clients, 1, MostClients) select plan with { Replicas = n, Clients = c }];
        return all.Length <= MostRuns ? all : throw QuorateException.Input("too_many_runs", $"{all.Length} runs are asked for; {MostRuns} are allowed");
    }

    private static int[] Numbers(string name, string list, int least, int most) =>
        [.. list.Split(',').Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? InRange(name, number, least, most)
            : throw QuorateException.Input("number_wrong", $"{name} is '{list}'; numbers from {least} to {most} with commas between are allowed"))];

    private static int InRange(string name, int value, int least, int most) =>
        value >= least && value <= most ? value : throw QuorateException.Input("number_wrong", $"{name} is {value}; {least} to {most} is allowed");
}
