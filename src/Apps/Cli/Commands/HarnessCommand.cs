using System.CommandLine;
using Quorate.Cli.Common;
using Quorate.Cli.Evaluation;
using Quorate.Cli.Views;
using Quorate.Harness.Runs;
using Quorate.Harness.Scenarios;

namespace Quorate.Cli.Commands;

/// <summary>Evaluation: real faults on real sites, judged by an oracle that believes nobody.</summary>
internal static class HarnessCommand
{
    private const int MaxRepetitions = 1_000;

    public static Command Create() => new("harness", "Break sites on purpose, let them be repaired, and measure it; replay what was recorded.")
    {
        CreateList(),
        CreateRun(),
        CreateReplay(),
    };

    private static Command CreateList()
    {
        var site = new Option<string?>("--site") { Description = "Only scenarios of this Compose file (or the folder that holds it).", HelpName = "COMPOSEFILE" };
        var command = new Command("list", "Every scenario that comes with the program.") { site };
        command.SetAction((parse, _) => Workspace.RunAsync(parse, workspace =>
        {
            var scenarios = HarnessRequest.Filtered(ScenarioCatalog.ReadFolder(HarnessRequest.Folder()), parse.GetValue(site));
            var rows = scenarios.Select(s => new { s.Name, fault = s.FaultNames, platform = s.Platform, s.Summary }).ToList();
            workspace.Output.Result(new { scenarios = rows }, _ => HarnessView.List(workspace.Output, scenarios));
            return Task.FromResult(ExitCodes.Done);
        }));
        return command.WithExamples("quorate harness list", "quorate harness list --site lab/cloud/compose.yml --json");
    }

    private static Command CreateRun()
    {
        var scenarios = new Argument<string[]>("scenario") { Description = "Names from quorate harness list, or scenario files.", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all") { Description = "Every scenario that comes with the program." };
        var site = new Option<string?>("--site") { Description = "With --all: only scenarios of this Compose file.", HelpName = "COMPOSEFILE" };
        var seed = new Option<string?>("--seed") { Description = "The run's seed, or seeds A..B, each a run (default: the scenario's).", HelpName = "N" };
        var repetitions = NumberOptions.Whole("--repetitions", "Runs of each seed.", 1, 1, MaxRepetitions);
        var noise = NumberOptions.OptionalNumber("--noise", "Probability of each disturbance (default: the scenario's).", 0, 1);
        var arm = new Option<string?>("--arm") { Description = $"Who plans: {string.Join(", ", Arms.All)} (default: rulebook).", HelpName = "NAME" };
        arm.AcceptOnlyFromAmong([.. Arms.All]);
        var planner = new Option<string?>("--planner") { Description = "As --arm: auto, llm or rulebook.", HelpName = "NAME" };
        planner.AcceptOnlyFromAmong("auto", "llm", "rulebook");
        var record = new Option<string?>("--record") { Description = "Folder that gets a record of each run (default: harness in the home).", HelpName = "DIR" };
        var gate = new Option<string?>("--gate") { Description = "Exit 1 below this: sr=0.9 or sr_root=0.9.", HelpName = "NAME=X" };
        var resume = new Option<bool>("--resume") { Description = "Go on with an interrupted batch: runs whose record is complete are not made again." };
        var report = new Option<string?>("--report") { Description = "Write a page with tables, plans and timelines.", HelpName = "FILE" };
        var platform = SiteOptions.Platform();
        var command = new Command("run", "Run scenarios and measure success, replanning and recovery.")
        {
            scenarios, all, site, seed, repetitions, noise, arm, planner, record, gate, resume, report, platform,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(arm) is not null && result.GetValue(planner) is not null)
            {
                result.AddError("--arm and --planner say the same: give one of them.");
            }
        });
        command.SetAction((parse, token) => Workspace.RunAsync(parse, workspace => HarnessRequest.RunAsync(
            workspace,
            new HarnessRequest
            {
                Scenarios = HarnessRequest.Chosen(parse.GetValue(scenarios)!, parse.GetValue(all), parse.GetValue(site)),
                Seeds = parse.GetValue(seed) is { } text ? HarnessRequest.ReadSeeds(text) : null,
                Repetitions = parse.GetValue(repetitions),
                Noise = parse.GetValue(noise),
                Arm = parse.GetValue(arm) ?? parse.GetValue(planner) ?? Arms.Rulebook,
                Record = Path.GetFullPath(parse.GetValue(record) ?? Path.Combine(workspace.Home, "harness")),
                Gate = HarnessGate.Read(parse.GetValue(gate)),
                Resume = parse.GetValue(resume),
                Report = parse.GetValue(report),
                Platform = parse.GetValue(platform)!,
            },
            token)));
        return command.WithExamples(
            "quorate harness run shop_crash shop_noop --seed 1..3",
            "quorate harness run --all --site lab/cloud/compose.yml --record runs --report report.html --gate sr=0.9");
    }

    private static Command CreateReplay()
    {
        var folder = new Argument<string>("dir") { Description = "A record, or a folder of records." };
        var command = new Command("replay", "Run records again without containers and network, and compare the results byte for byte.") { folder };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, workspace => HarnessReplay.RunAsync(workspace, parse.GetValue(folder)!, token)));
        return command.WithExamples("quorate harness replay runs");
    }
}
