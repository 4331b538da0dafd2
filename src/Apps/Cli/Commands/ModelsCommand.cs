using System.CommandLine;
using Quorate.Cli.Common;
using Quorate.Cli.Configuration;
using Quorate.Cli.Views;
using Quorate.Models;
using Quorate.Models.Health;
using Spectre.Console;

namespace Quorate.Cli.Commands;

/// <summary>Which models can plan, and whether they answer.</summary>
internal static class ModelsCommand
{
    public static Command Create()
    {
        var check = new Option<bool>("--check") { Description = "Ask the configured endpoint, or every local preset, for its models (no prompt is sent)." };
        var command = new Command("models", "List the planner's endpoints (exit 3 when the configured one does not answer a --check).") { check };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var planner = workspace.Config.Planner;
            if (!parse.GetValue(check))
            {
                List(workspace.Output, planner);
                return ExitCodes.Done;
            }

            var results = await Task.WhenAll(Endpoints(planner).Select(e => ModelCheck.ProbeAsync(e.Name, new Uri(e.Address), Key(e.KeyVariable), workspace.Time, token)));
            workspace.Output.Result(new { models = results }, console => ShowChecks(console, results));
            return planner.HasModel && !results[0].Reachable ? ExitCodes.Missing : ExitCodes.Done;
        }));
        return command.WithExamples("quorate models", "QUORATE_PLANNER__PRESET=lmstudio quorate models --check");
    }

    private sealed record Endpoint(string Name, string Address, string? KeyVariable);

    private static IEnumerable<Endpoint> Endpoints(PlannerConfig planner)
    {
        if (planner.HasModel)
        {
            var preset = planner.Preset is null ? null : ModelPresets.Find(planner.Preset);
            return [new Endpoint(preset?.Name ?? "custom", planner.Endpoint ?? preset!.Endpoint, planner.ApiKeyEnv ?? preset?.ApiKeyVariable)];
        }

        return ModelPresets.All.Where(p => new Uri(p.Endpoint).IsLoopback).Select(p => new Endpoint(p.Name, p.Endpoint, p.ApiKeyVariable));
    }

    private static string? Key(string? variable) => variable is null ? null : Environment.GetEnvironmentVariable(variable);

    private static void List(Output output, PlannerConfig planner)
    {
        var presets = ModelPresets.All.Select(p => new { p.Name, p.Endpoint, api_key_env = p.ApiKeyVariable, chosen = p.Name == planner.Preset, p.Summary }).ToList();
        output.Result(new { planner = new { planner.Preset, planner.Endpoint, planner.Model }, presets }, console =>
        {
            console.MarkupLine(planner.HasModel
                ? $"planner: [bold]{Output.Safe(planner.Model ?? "the server's first model")}[/] at {Output.Safe(planner.Endpoint ?? planner.Preset!)}, the rulebook behind it"
                : "planner: [bold]rulebook[/] (no model configured; set QUORATE_PLANNER__PRESET or planner.endpoint)");
            var table = new Table().Border(output.Live ? TableBorder.Rounded : TableBorder.None).BorderColor(Color.Grey);
            table.AddColumns("preset", "endpoint", "key from", "");
            presets.ForEach(p => table.AddRow($"[bold]{p.Name}[/]", p.Endpoint, p.api_key_env ?? "[grey]none needed[/]", Markup.Escape(p.Summary)));
            console.Write(table);
        });
    }

    private static void ShowChecks(IAnsiConsole console, IEnumerable<ModelCheckResult> results)
    {
        foreach (var result in results)
        {
            console.MarkupLine(result.Reachable
                ? $" [green]✔[/] [bold]{result.Provider,-10}[/] {result.Endpoint} [grey]{Duration.Text(result.LatencyMs)}[/] {Output.Safe(string.Join(", ", result.Models.Take(6)))}"
                : $" [grey]–[/] [bold]{result.Provider,-10}[/] {result.Endpoint} [grey]{Output.Safe(result.Error ?? "")}[/]");
        }
    }
}
