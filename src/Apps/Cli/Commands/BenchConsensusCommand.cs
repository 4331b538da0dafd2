using System.CommandLine;
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
        var replicas = NumberOptions.Wholes("--replicas", "Replicas.", [4], 4, MostReplicas);
        var clients = NumberOptions.Wholes("--clients", "Clients that each wait for their answer.", [1, 8, 32, 128], 1, MostClients);
        var payload = NumberOptions.Whole("--payload", "Bytes of a request.", 100, 8, MostPayload);
        var seconds = NumberOptions.Whole("--seconds", "Length of each run after a warm-up of 3 s.", 10, 1, MostSeconds);
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
                4, 1, parse.GetValue(payload), TimeSpan.FromSeconds(parse.GetValue(seconds)),
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
        + $"{run.CpuMsPerDecision:0.000} CPU ms + {run.ClientCpuMsPerDecision:0.000} of the clients, {run.BytesPerDecision:N0} bytes, {run.SignedPerDecision:0.00} signed, {run.VerifiedPerDecision:0.00} verified each, {run.MemoryMb:0} MiB, longest gap {run.LongestGapMs:0} ms, {run.ViewChanges} view changes"
        + $"{(run.LeaderKillGapMs is { } gap ? $", [bold]{gap:0} ms[/] without an answer" : "")} [grey](load {run.LoadBefore:0.0})[/]";

    private static ConsensusBenchPlan[] Plans(int[] replicas, int[] clients, ConsensusBenchPlan plan)
    {
        if (plan is { Transport: "inproc", Durable: "fsync" })
        {
            throw QuorateException.Input("durable_inproc", "--durable fsync needs --transport tcp: replicas in this process keep nothing", "take --transport tcp");
        }

        ConsensusBenchPlan[] all = [.. from n in replicas from c in clients select plan with { Replicas = n, Clients = c }];
        return all.Length <= MostRuns ? all : throw QuorateException.Input("too_many_runs", $"{all.Length} runs are asked for; {MostRuns} are allowed", "each of --replicas with each of --clients is a run");
    }
}
