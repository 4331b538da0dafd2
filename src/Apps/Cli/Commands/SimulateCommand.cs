using System.CommandLine;
using Quorate.Cli.Common;
using Quorate.Cli.Views;
using Quorate.Contracts;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Simulation;
using Output = Quorate.Cli.Common.Output;

namespace Quorate.Cli.Commands;

/// <summary>Runs the consensus protocol under a seeded simulation of everything that can go wrong.</summary>
internal static class SimulateCommand
{
    private const int LeastReplicas = 4;
    private const int MostReplicas = 31;
    private const string UsualSeeds = "1..1000";

    /// <summary>Enough for the bug that hides best.</summary>
    private const string PlantedSeeds = "1..3000";

    public static Command Create()
    {
        var seeds = new Option<string?>("--seeds") { Description = $"Seeds to run, A..B (default: {UsualSeeds}; with --planted {PlantedSeeds}).", HelpName = "A..B" };
        var seed = new Option<string?>("--seed") { Description = "One seed to run.", HelpName = "N" };
        var replicas = NumberOptions.Whole("--replicas", "Replicas; as many as possible of them lie, (N-1)/3, so that 4 is the fewest for one.", LeastReplicas, LeastReplicas, MostReplicas);
        var faults = new Option<string>("--faults") { Description = $"What may go wrong, with commas between: {Names.ListOf<SimulatedFaults>()}.", HelpName = "KINDS", DefaultValueFactory = _ => "all" };
        var planted = new Option<string?>("--planted") { Description = $"Plant a bug and show that it is found: all, or {Names.ListOf<PlantedBug>()}.", HelpName = "NAME" };
        var real = new Option<bool>("--real-signatures") { Description = "ECDSA P-256 instead of keyed hashes: much slower." };
        var transcript = new Option<bool>("--transcript") { Description = "Print what one seed does, message by message." };
        var command = new Command("simulate", "Run the consensus protocol against lost, late and forged messages, crashes, partitions and liars, seed by seed.") { seeds, seed, replicas, faults, planted, real, transcript };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var plan = new SimulationRequest
            {
                Seeds = SeedRange.Parse(parse.GetValue(seeds), parse.GetValue(seed), parse.GetValue(planted) is null ? UsualSeeds : PlantedSeeds),
                Faults = Names.Parse<SimulatedFaults>("--faults", parse.GetValue(faults)!),
                Replicas = parse.GetValue(replicas),
                RealSignatures = parse.GetValue(real),
                Planted = parse.GetValue(planted) is { } name ? Names.Parse<PlantedBug>("--planted", name, single: true) : PlantedBug.None,
            };
            return parse.GetValue(transcript) ? Transcript(workspace, plan)
                : plan.Planted == PlantedBug.None ? await SweepAsync(workspace, plan, token)
                : await PlantedAsync(workspace, plan, token);
        }));
        return command.WithExamples("quorate simulate --seeds 1..10000 --replicas 7", "quorate simulate --seed 42 --transcript", "quorate simulate --planted all");
    }

    private static async Task<int> SweepAsync(Workspace workspace, SimulationRequest plan, CancellationToken token)
    {
        var started = workspace.Time.GetTimestamp();
        var sweep = plan.Sweep(PlantedBug.None, stopAtFailure: false);
        var result = await RunAsync(workspace, sweep, "seeds", token);
        var view = SweepView.Of(plan, result, workspace.Time.GetElapsedTime(started), token.IsCancellationRequested && result.Seeds < sweep.Total);
        workspace.Output.Result(view, _ => view.Show(workspace.Output));
        return view.Interrupted ? ExitCodes.Interrupted : result.FailedSeeds > 0 ? ExitCodes.Negative : ExitCodes.Done;
    }

    private static async Task<int> PlantedAsync(Workspace workspace, SimulationRequest plan, CancellationToken token)
    {
        var rows = new List<PlantedRow>();
        var bugs = Enum.GetValues<PlantedBug>().Where(bug => bug != PlantedBug.None && plan.Planted.HasFlag(bug)).ToList();
        foreach (var bug in bugs)
        {
            var result = await RunAsync(workspace, plan.Sweep(bug, stopAtFailure: true), QuorateJson.NameOf(bug), token);
            if (token.IsCancellationRequested)
            {
                break;
            }

            rows.Add(PlantedRow.Of(plan, bug, result));
        }

        var view = new PlantedView(plan.Replicas, bugs.Count, rows.Count(row => row.Found), rows);
        workspace.Output.Result(view, _ => view.Show(workspace.Output));
        return rows.Count < bugs.Count ? ExitCodes.Interrupted : rows.TrueForAll(row => row.Found) ? ExitCodes.Done : ExitCodes.Negative;
    }

    private static int Transcript(Workspace workspace, SimulationRequest plan)
    {
        if (plan.Seeds.First != plan.Seeds.Last || plan.Planted == Names.All<PlantedBug>())
        {
            throw QuorateException.Input("transcript_of_many", "--transcript shows one run: one seed, and one planted bug at most", "quorate simulate --seed 42 --transcript");
        }

        var lines = new List<string>();
        var result = ConsensusSimulation.Run(plan.Seeds.First, plan.Options(plan.Planted) with
        {
            Trace = line =>
            {
                if (workspace.Output.Json)
                {
                    lines.Add(line);
                }
                else
                {
                    workspace.Output.Raw(line);
                }
            },
        });
        var hasFailed = result.Violations.Count > 0;
        workspace.Output.Result(
            new { result.Seed, result.Violations, result.TranscriptHash, result.Events, result.Decisions, view_changes = result.Views, accused = result.Accused, transcript = lines },
            _ => workspace.Output.Line(hasFailed
                ? $"[red]seed {result.Seed} breaks a promise:[/] {Output.Safe(string.Join("; ", result.Violations))}"
                : $"[green]seed {result.Seed} keeps every promise[/]; {result.Events} events, {result.Decisions} decisions, transcript {result.TranscriptHash}"));
        return hasFailed ? ExitCodes.Negative : ExitCodes.Done;
    }

    /// <summary>On all cores, with a bar where somebody can see it move.</summary>
    private static async Task<SweepResult> RunAsync(Workspace workspace, SimulationSweep sweep, string title, CancellationToken token)
    {
        var work = Task.Run(() => sweep.Run(Environment.ProcessorCount, token), CancellationToken.None);
        if (workspace.Output.Live)
        {
            await Progress.ShowAsync(workspace, title, sweep.Total, () => sweep.Done, work);
        }

        return await work;
    }
}
