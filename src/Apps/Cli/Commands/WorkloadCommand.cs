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
        var (jobs, seed, load, cluster, policies, votes, faults) = (Jobs(100_000), Seed(), Load(), Cluster(), Policies(), Votes(), Faults());
        var command = new Command("workload", "Replay a long generated trace through every queue policy.") { jobs, seed, load, cluster, policies, votes, faults };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var spec = WorkloadFiles.ReadCluster(parse.GetValue(cluster)!);
            var names = WorkloadFiles.ReadPolicies(parse.GetValue(policies)!);
            var (made, skipped) = WorkloadGenerator.Generate(spec, Options(parse.GetValue(jobs), parse.GetValue(seed), parse.GetValue(load), 50), "quorate bench workload").ToJobs();
            var voted = VotedRuns.Of(parse.GetValue(votes), WorkloadFiles.ReadFaults(parse.GetValue(faults)!, spec), parse.GetValue(seed));
            var view = await WorkloadView.RunAsync($"seed {parse.GetValue(seed)}", spec, made, skipped, names, voted, workspace.Time, token);
            workspace.Output.Result(view, _ => view.Show(workspace.Output));
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate bench workload --jobs 100000", "quorate bench workload --jobs 100000 --votes --policies easy,ours", "quorate bench workload --jobs 20000 --load 0.9 --policies easy,ours");
    }

    private static Command CreateGenerate()
    {
        var (jobs, seed, load, cluster) = (Jobs(2_000), Seed(), Load(), Cluster());
        var users = new Option<int>("--users") { Description = $"Users, 1 to {MostUsers}.", HelpName = "N", DefaultValueFactory = _ => 50 };
        var output = new Option<string?>("--output") { Description = "File to write (default: standard output).", HelpName = "FILE" };
        var command = new Command("generate", "Write a workload in the style of Lublin and Feitelson (2003). The same seed gives the same file.") { jobs, seed, load, users, cluster, output };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, workspace =>
        {
            var options = Options(parse.GetValue(jobs), parse.GetValue(seed), parse.GetValue(load), parse.GetValue(users));
            var trace = WorkloadGenerator.Generate(WorkloadFiles.ReadCluster(parse.GetValue(cluster)!), options, Line(options, parse.GetValue(cluster)!));
            if (parse.GetValue(output) is { } path)
            {
                using var file = Create(path);
                SwfFile.Write(file, trace);
                workspace.Output.Result(new { file = path, jobs = trace.Jobs.Count }, _ => workspace.Output.Line($"{trace.Jobs.Count:N0} jobs in {Output.Safe(path)}"));
            }
            else if (workspace.Output.Json)
            {
                throw QuorateException.Input("output_missing", "--json needs --output: a workload is no JSON document");
            }
            else
            {
                SwfFile.Write(Console.Out, trace);
            }

            return Task.FromResult(ExitCodes.Done);
        }));
        return command.WithExamples("quorate workload generate --jobs 2000 --seed 1 --cluster lab/clusters/five-agents.json > trace.swf");
    }

    private static Command CreateReplay()
    {
        var trace = new Argument<string>("trace") { Description = "A file in the Standard Workload Format, or of jobs as JSON.", HelpName = "TRACE" };
        var (cluster, policies, votes, faults, seed) = (Cluster(), Policies(), Votes(), Faults(), Seed());
        var command = new Command("replay", "Utilisation, wait, bounded slowdown and fairness of a trace under queue policies, side by side.") { trace, cluster, policies, votes, faults, seed };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var spec = WorkloadFiles.ReadCluster(parse.GetValue(cluster)!);
            var names = WorkloadFiles.ReadPolicies(parse.GetValue(policies)!);
            var (jobs, skipped) = WorkloadFiles.ReadJobs(parse.GetValue(trace)!);
            var voted = VotedRuns.Of(parse.GetValue(votes), WorkloadFiles.ReadFaults(parse.GetValue(faults)!, spec), InRange("--seed", parse.GetValue(seed)));
            var view = await WorkloadView.RunAsync(parse.GetValue(trace)!, spec, jobs, skipped, names, voted, workspace.Time, token);
            workspace.Output.Result(view, _ => view.Show(workspace.Output));
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate workload replay lab/workloads/lublin-2000.swf --cluster lab/clusters/five-agents.json", "quorate workload replay trace.swf --policies easy,ours --json", "quorate workload replay lab/workloads/lublin-2000.swf --votes --faults lab/faults/wrong-vote.json");
    }

    private static Option<int> Jobs(int standard) => new("--jobs") { Description = $"Jobs to make, 1 to {GeneratorOptions.MaxJobs}.", HelpName = "N", DefaultValueFactory = _ => standard };

    private static Option<int> Seed() => new("--seed") { Description = "Seed, 0 or more.", HelpName = "S", DefaultValueFactory = _ => 1 };

    private static Option<double> Load() => new("--load") { Description = $"Core-seconds asked for beside those there are while jobs arrive; above 0, at most {MostLoad}.", HelpName = "X", DefaultValueFactory = _ => 0.7 };

    private static Option<bool> Votes() => new("--votes") { Description = "Also replay it with every start voted on and decided by the cluster's agents, in virtual time with stand-ins for signatures." };

    private static Option<string[]> Faults() => new("--faults") { Description = "And again with these faults of agents (docs/schemas/agent-faults.json); may be given several times.", HelpName = "FILE", DefaultValueFactory = _ => [] };

    private static int InRange(string name, int seed) => seed >= 0 ? seed : throw Wrong(name, seed, "0 or more");

    private static Option<string> Cluster() => new("--cluster") { Description = "The cluster (docs/schemas/cluster.json).", HelpName = "FILE", DefaultValueFactory = _ => WorkloadFiles.FiveAgents };

    private static Option<string> Policies() => new("--policies") { Description = "Policies with commas between: fifo, easy, ours.", HelpName = "LIST", DefaultValueFactory = _ => AllPolicies };

    private static GeneratorOptions Options(int jobs, int seed, double load, int users) =>
        jobs is < 1 or > GeneratorOptions.MaxJobs ? throw Wrong("--jobs", jobs, $"1 to {GeneratorOptions.MaxJobs}")
        : seed < 0 ? throw Wrong("--seed", seed, "0 or more")
        : !(load is > 0 and <= MostLoad) ? throw Wrong("--load", load, $"above 0 and at most {MostLoad}")
        : users is < 1 or > MostUsers ? throw Wrong("--users", users, $"1 to {MostUsers}")
        : new GeneratorOptions { Jobs = jobs, Seed = seed, Load = load, Users = users };

    private static QuorateException Wrong(string name, object value, string allowed) => QuorateException.Input("number_wrong", $"{name} is {value}; {allowed} is allowed");

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

    private static StreamWriter Create(string path)
    {
        try
        {
            return new StreamWriter(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw QuorateException.Input("output_unwritable", $"{path} cannot be written: {error.Message}", inner: error);
        }
    }
}
