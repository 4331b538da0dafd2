using System.CommandLine;
using Quorate.Cli.Common;
using Quorate.Cli.Views;
using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Planning;
using Quorate.Engine.Triage.Planning.Parsing;
using Quorate.Engine.Triage.Planning.Validation;
using Spectre.Console;

namespace Quorate.Cli.Commands;

/// <summary>Plans by hand: check one, run one, finish what was left unfinished.</summary>
internal static class PlanCommand
{
    public static Command Create() => new("plan", "Validate and run plans by hand; resume repairs that were interrupted.")
    {
        CreateValidate(),
        CreateRun(),
        CreateResume(),
    };

    private static Command CreateValidate()
    {
        var file = new Argument<string>("file") { Description = "A plan, as docs/schemas/plan.json describes it." };
        var site = SiteOptions.Site();
        var command = new Command("validate", "Say whether a plan may run on a site, with every reason against it (exit 2 when it may not).") { file, site };
        command.SetAction((parse, _) => Workspace.RunAsync(parse, workspace =>
        {
            var (_, reasons) = Read(workspace, parse.GetValue(file)!, Workspace.LoadSite(parse.GetValue(site)!));
            workspace.Output.Result(new { valid = reasons.Count == 0, reasons }, console =>
            {
                console.MarkupLine(reasons.Count == 0 ? "[green]valid[/]" : "[red]not valid[/]");
                reasons.ToList().ForEach(r => console.MarkupLine($"  · {Output.Safe(r)}"));
            });
            return Task.FromResult(reasons.Count == 0 ? ExitCodes.Done : ExitCodes.BadInput);
        }));
        return command.WithExamples("quorate plan validate plan.json --site lab/shop/compose.yml");
    }

    private static Command CreateRun()
    {
        var file = new Argument<string>("file") { Description = "A plan, as docs/schemas/plan.json describes it." };
        var site = SiteOptions.Site();
        var platform = SiteOptions.Platform();
        var yes = SiteOptions.Yes();
        var approval = SiteOptions.Approval();
        var command = new Command("run", "Carry a plan out as it is and verify the site afterwards.") { file, site, platform, yes, approval };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var loaded = Workspace.LoadSite(parse.GetValue(site)!);
            var (plan, reasons) = Read(workspace, parse.GetValue(file)!, loaded);
            if (plan is null || reasons.Count > 0)
            {
                throw QuorateException.Input("plan_invalid", "The plan may not run: " + string.Join("; ", reasons) + ".", "quorate plan validate FILE --site … lists every reason.");
            }

            var chosen = await workspace.OpenPlatformAsync(loaded, parse.GetValue(platform)!, token);
            var engine = await workspace.CreateEngineAsync(loaded, chosen, "rulebook", token, approval: parse.GetValue(approval));
            var view = new TriageView(workspace.Output, parse.GetValue(yes));
            var result = await engine.RunPlanAsync(plan, view, token);
            if (workspace.Output.Json)
            {
                workspace.Output.Document(result);
            }

            return TriageCommand.ExitCode(result);
        }));
        return command.WithExamples("quorate plan run plan.json --site lab/shop/compose.yml --yes");
    }

    private static Command CreateResume()
    {
        var site = SiteOptions.Site();
        var platform = SiteOptions.Platform();
        var yes = SiteOptions.Yes();
        var approval = SiteOptions.Approval();
        var command = new Command("resume", "Finish the repairs of a site that were interrupted; nothing that happened is repeated.") { site, platform, yes, approval };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var loaded = Workspace.LoadSite(parse.GetValue(site)!);
            var chosen = await workspace.OpenPlatformAsync(loaded, parse.GetValue(platform)!, token);
            var engine = await workspace.CreateEngineAsync(loaded, chosen, "auto", token, approval: parse.GetValue(approval));
            var results = await UnfinishedIncidents.ResumeAsync(workspace, engine, parse.GetValue(yes), token);
            workspace.Output.Result(new { resumed = results }, console => console.MarkupLine(results.Count == 0 ? "[grey]nothing to resume[/]" : $"{results.Count} resumed"));
            return results.All(r => TriageCommand.ExitCode(r) == ExitCodes.Done) ? ExitCodes.Done : ExitCodes.Negative;
        }));
        return command.WithExamples("quorate plan resume --site lab/shop/compose.yml --yes");
    }

    private static (Plan? Plan, IReadOnlyList<string> Reasons) Read(Workspace workspace, string file, Site site)
    {
        var parsed = PlanParser.Parse(InputFile.ReadText(file, PlanParser.MaxBytes, "plan_file"), new PlanDefaults(workspace.Ids.Next("plan"), workspace.Time.GetUtcNow(), PlanVersion: 1));
        return parsed.Plan is null ? (null, parsed.Reasons) : (parsed.Plan, PlanValidator.Validate(parsed.Plan, site, PlanLimits.Default));
    }
}
