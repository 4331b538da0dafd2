using System.CommandLine;
using System.Globalization;
using Quorate.Cli.Common;
using Quorate.Cli.Views;
using Quorate.Contracts;
using Quorate.Engine.Place.Workloads;

namespace Quorate.Cli.Commands;

/// <summary>Makes workloads, and replays them through queue policies in virtual time.</summary>
internal static class WorkloadCommand
{
    private const string AllPolicies = "fifo,easy,ours";
    private const double MostLoad = 2;
    private const int MostUsers = 10_000;

    public static Command Create() => new Command("workload", "Make workloads in the Standard Workload Format, and replay them in virtual time.") { CreateGenerate(), CreateReplay() }
        .WithExamples("quorate workload replay lab/workloads/lublin-2000.swf --cluster lab/clusters/five-agents.json");

    /// <summary>For the benchmarks: a long trace made and replayed.</summary>
    public static Command CreateBench()
    {
        var (jobs, seed, load, cluster, policies, votes, faults) = (Jobs(100_000), NumberOptions.Seed("Of the trace.", 1), Load(), WorkloadFiles.Cluster(), Policies(), Votes(), Faults());
        var command = new Command("workload", "Replay a long generated trace through every queue policy.") { jobs, seed, load, cluster, policies, votes, faults };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var names = WorkloadFiles.ReadPolicies(parse.GetValue(policies)!);
            var spec = WorkloadFiles.ReadCluster(parse.GetValue(cluster));
            var voted = VotedRuns.Of(parse.GetValue(votes), WorkloadFiles.ReadFaults(parse.GetValue(faults)!, spec), parse.GetValue(seed));
            var options = new GeneratorOptions { Jobs = parse.GetValue(jobs), Seed = parse.GetValue(seed), Load = parse.GetValue(load) };
            var (made, skipped) = await Interruption.ComputeAsync(() => WorkloadGenerator.Generate(spec, options, "quorate bench workload").ToJobs(), token);
            var view = await WorkloadView.RunAsync($"seed {parse.GetValue(seed)}", spec, made, skipped, names, voted, workspace.Time, token);
            workspace.Output.Result(view, _ => view.Show(workspace.Output));
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate bench workload --jobs 100000", "quorate bench workload --jobs 100000 --votes --policies easy,ours", "quorate bench workload --jobs 20000 --load 0.9 --policies easy,ours");
    }

    private static Command CreateGenerate()
    {
        var (jobs, seed, load, cluster) = (Jobs(2_000), NumberOptions.Seed("The same seed gives the same file.", 1), Load(), WorkloadFiles.Cluster());
        var users = NumberOptions.Whole("--users", "Users.", 50, 1, MostUsers);
        var output = new Option<string?>("--output") { Description = "File to write (default: standard output).", HelpName = "FILE" };
        var command = new Command("generate", "Write a workload in the style of Lublin and Feitelson (2003). The same seed gives the same file.") { jobs, seed, load, users, cluster, output };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var path = parse.GetValue(output);
            if (path is null && workspace.Output.Json)
            {
                throw QuorateException.Input("output_missing", "--json needs --output: a workload is no JSON document", "for example --output trace.swf");
            }

            var options = new GeneratorOptions { Jobs = parse.GetValue(jobs), Seed = parse.GetValue(seed), Load = parse.GetValue(load), Users = parse.GetValue(users) };
            var spec = WorkloadFiles.ReadCluster(parse.GetValue(cluster));
            var trace = await Interruption.ComputeAsync(() => WorkloadGenerator.Generate(spec, options, Line(options, parse.GetValue(cluster) ?? WorkloadFiles.FiveAgents)), token);
            if (path is null)
            {
                await Interruption.ComputeAsync(() => SwfFile.Write(Console.Out, trace), token);
                return ExitCodes.Done;
            }

            WriteTo(path, trace);
            workspace.Output.Result(new { file = path, jobs = trace.Jobs.Count }, _ => workspace.Output.Line($"{Counted.Of(trace.Jobs.Count, "job")} in {Output.Safe(path)}"));
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate workload generate --jobs 2000 --seed 1 --cluster lab/clusters/five-agents.json > trace.swf");
    }

    private static Command CreateReplay()
    {
        var trace = new Argument<string>("trace") { Description = "A file in the Standard Workload Format, or of jobs as JSON.", HelpName = "TRACE" };
        var (cluster, policies, votes, faults, seed) = (WorkloadFiles.Cluster(), Policies(), Votes(), Faults(), NumberOptions.Seed("Of the faults.", 1));
        var command = new Command("replay", "Utilisation, wait, bounded slowdown and fairness of a trace under queue policies, side by side.") { trace, cluster, policies, votes, faults, seed };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var names = WorkloadFiles.ReadPolicies(parse.GetValue(policies)!);
            var (jobs, skipped) = await Interruption.ComputeAsync(() => WorkloadFiles.ReadTrace(parse.GetValue(trace)!), token);
            var spec = WorkloadFiles.ReadCluster(parse.GetValue(cluster));
            var voted = VotedRuns.Of(parse.GetValue(votes), WorkloadFiles.ReadFaults(parse.GetValue(faults)!, spec), parse.GetValue(seed));
            var view = await WorkloadView.RunAsync(parse.GetValue(trace)!, spec, jobs, skipped, names, voted, workspace.Time, token);
            workspace.Output.Result(view, _ => view.Show(workspace.Output));
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate workload replay lab/workloads/lublin-2000.swf --cluster lab/clusters/five-agents.json", "quorate workload replay trace.swf --policies easy,ours --json", "quorate workload replay lab/workloads/lublin-2000.swf --votes --faults lab/faults/wrong-vote.json");
    }

    private static Option<int> Jobs(int standard) => NumberOptions.Whole("--jobs", "Jobs to make.", standard, 1, GeneratorOptions.MaxJobs);

    private static Option<double> Load() => NumberOptions.Number("--load", "Core-seconds asked for beside those there are while jobs arrive.", 0.7, 0, MostLoad, above: true);

    private static Option<bool> Votes() => new("--votes") { Description = "Also replay it with every start voted on and decided by the cluster's agents, in virtual time with stand-ins for signatures." };

    private static Option<string[]> Faults() => new("--faults") { Description = "And again with these faults of agents (docs/schemas/agent-faults.json); may be given several times.", HelpName = "FILE", DefaultValueFactory = _ => [] };

    private static Option<string> Policies() => new("--policies") { Description = "Policies with commas between: fifo, easy, ours.", HelpName = "LIST", DefaultValueFactory = _ => AllPolicies };

    private static string Line(GeneratorOptions options, string cluster)
    {
        var usual = new GeneratorOptions { Jobs = 1, Seed = 1 };
        string[] more =
        [
            options.Load == usual.Load ? "" : string.Create(CultureInfo.InvariantCulture, $" --load {options.Load}"),
            options.Users == usual.Users ? "" : string.Create(CultureInfo.InvariantCulture, $" --users {options.Users}"),
        ];
        return string.Create(CultureInfo.InvariantCulture, $"quorate workload generate --jobs {options.Jobs} --seed {options.Seed}{string.Concat(more)} --cluster {PlainText.Line(cluster, 200)}");
    }

    private static void WriteTo(string path, SwfTrace trace)
    {
        try
        {
            using var file = new StreamWriter(path);
            SwfFile.Write(file, trace);
        }
        catch (Exception error) when (InputFile.IsFileProblem(error))
        {
            throw QuorateException.Missing("output_unwritable", Directory.Exists(path) ? $"{path} is a folder; a file is needed" : $"{path} cannot be written: {error.Message}", "name a file in a folder that can be written", error);
        }
    }
}
