using System.CommandLine;
using Quorate.Cli.Common;
using Quorate.Cli.Views;
using Quorate.Engine.Triage;

namespace Quorate.Cli.Commands;

/// <summary>An incident in a person's own words, to a verified repair.</summary>
internal static class TriageCommand
{
    public static Command Create()
    {
        var text = new Argument<string>("text") { Description = "What is wrong, in your own words and language; - reads it from standard input." };
        var site = SiteOptions.Site();
        var platform = SiteOptions.Platform();
        var yes = SiteOptions.Yes();
        var approval = SiteOptions.Approval();
        var planner = new Option<string>("--planner")
        {
            Description = "Who plans: llm, rulebook, or auto (the configured model, and the rulebook when it fails).",
            DefaultValueFactory = _ => "auto",
        };
        planner.AcceptOnlyFromAmong("auto", "llm", "rulebook");
        var planOnly = new Option<bool>("--plan-only") { Description = "Gather evidence, print the repair plan, change nothing." };

        var command = new Command("triage", "Find the cause of an incident on running services, repair it and verify the repair.")
        {
            text, site, planner, planOnly, yes, approval, platform,
        };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var loaded = Workspace.LoadSite(parse.GetValue(site)!);
            var words = await InputText.ReadAsync(parse.GetValue(text)!, token);
            // A text that will be refused must not set an earlier repair going first.
            IncidentText.Parse(words);
            var chosen = await workspace.OpenPlatformAsync(loaded, parse.GetValue(platform)!, token);
            var engine = await workspace.CreateEngineAsync(loaded, chosen, parse.GetValue(planner)!, token, approval: parse.GetValue(approval));
            if (!parse.GetValue(planOnly))
            {
                await UnfinishedIncidents.ResumeAsync(workspace, engine, parse.GetValue(yes), token);
            }

            var view = new TriageView(workspace.Output, parse.GetValue(yes), parse.GetValue(planOnly));
            var result = await engine.RunAsync(words, view, token);
            if (workspace.Output.Json)
            {
                workspace.Output.Document(result);
            }

            return ExitCode(result, parse.GetValue(planOnly));
        }));
        return command.WithExamples(
            "quorate triage \"orders fail since lunch, customers are angry\" --site lab/shop/compose.yml",
            "quorate triage \"die Seite ist kaputt\" --site . --yes --json");
    }

    public static int ExitCode(TriageResult result, bool planOnly = false) =>
        planOnly || result.Outcome is TriageOutcome.Resolved or TriageOutcome.NoFault ? ExitCodes.Done : ExitCodes.Negative;
}
