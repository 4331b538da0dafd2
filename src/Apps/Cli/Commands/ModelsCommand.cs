using System.CommandLine;
using Quorate.Cli.Asking;
using Quorate.Cli.Common;
using Quorate.Cli.Configuration;
using Quorate.Cli.Views;
using Quorate.Models;
using Quorate.Models.Health;
using Quorate.Models.Panel;

namespace Quorate.Cli.Commands;

/// <summary>Which models answer questions, which can plan, and whether they are there.</summary>
internal static class ModelsCommand
{
    public static Command Create()
    {
        var check = new Option<bool>("--check") { Description = "Probe every member, and the planner's endpoint or every local preset (a list of models is asked for; a tiny call where a server has none)." };
        var command = new Command("models", "List the panel's members and the planner's endpoints (exit 3 when what is configured does not answer a --check).") { check };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var variables = EnvironmentValues.Load(workspace.Home);
            var plan = await PanelPlan.ReadAsync(workspace.Config, variables, workspace.Time, token);
            if (parse.GetValue(check))
            {
                return await CheckAsync(workspace, plan, variables, token);
            }

            List(workspace.Output, workspace.Config.Planner, plan, variables);
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate models", "quorate models --check", "QUORATE_PLANNER__PRESET=lmstudio quorate models --check");
    }

    private sealed record Endpoint(string Name, string Address, string? KeyVariable);

    private static async Task<int> CheckAsync(Workspace workspace, PanelPlan plan, EnvironmentValues variables, CancellationToken token)
    {
        var planner = workspace.Config.Planner;
        var callable = plan.Settings.Members.Where(m => ModelPanel.MissingKey(m.Model, variables.Get) is null).ToList();
        var skipped = plan.Settings.Members.Except(callable).Select(m => new SkippedMember(m.Name, m.Model.ApiKeyVariable!)).ToList();
        var probing = Task.WhenAll(Endpoints(planner).Select(e => ModelCheck.ProbeAsync(e.Name, new Uri(e.Address), Key(e.KeyVariable, variables), workspace.Time, token)));
        var members = await ProbeMembersAsync(workspace, token);
        var endpoints = await probing;
        workspace.Output.Result(new { members, skipped, models = endpoints }, console => ModelsView.ShowChecks(console, members, skipped, endpoints));
        var noMember = plan.Source == "configured" && !members.Any(m => m.LastHeartbeat is not null && callable.Any(c => c.Name == m.Agent));
        return noMember || (planner.HasModel && !endpoints[0].Reachable) ? ExitCodes.Missing : ExitCodes.Done;
    }

    private static async Task<IReadOnlyList<AgentHealth>> ProbeMembersAsync(Workspace workspace, CancellationToken token)
    {
        var panel = await workspace.OpenModelPanelAsync(AskParts.Embedded(workspace, []), token);
        return await new HealthMonitor(() => panel, workspace.Time).ProbeAllAsync(token);
    }

    private static IEnumerable<Endpoint> Endpoints(PlannerConfig planner)
    {
        if (planner.HasModel)
        {
            var preset = planner.Preset is null ? null : ModelPresets.Find(planner.Preset);
            return [new Endpoint(preset?.Name ?? "custom", planner.Endpoint ?? preset!.Endpoint, planner.ApiKeyEnv ?? preset?.ApiKeyVariable)];
        }

        return ModelPresets.All.Where(p => new Uri(p.Endpoint).IsLoopback).Select(p => new Endpoint(p.Name, p.Endpoint, p.ApiKeyVariable));
    }

    private static string? Key(string? variable, EnvironmentValues variables) => variable is null ? null : variables.Get(variable);

    private static void List(Output output, PlannerConfig planner, PanelPlan plan, EnvironmentValues variables)
    {
        var callable = plan.Settings.Members.Where(m => ModelPanel.MissingKey(m.Model, variables.Get) is null).OrderByDescending(m => m.Aggregator);
        var aggregator = callable.Select(m => m.Name).FirstOrDefault();
        var members = plan.Settings.Members.Select(m => new ModelsView.Member(
            m.Name, m.Model.Provider, m.Model.Model, m.Model.Endpoint, m.Model.Temperature, m.Model.MaxTokens, m.Name == aggregator, m.Role,
            m.Price.InputPerMillion, m.Price.OutputPerMillion, m.Model.ApiKeyVariable, ModelPanel.MissingKey(m.Model, variables.Get) is null)).ToList();
        var presets = ModelPresets.All.Select(p => new ModelsView.Preset(p.Name, p.Endpoint, p.ApiKeyVariable, p.Name == planner.Preset, p.Summary)).ToList();
        output.Result(
            new { panel = new { plan.Source, members }, planner = new { planner.Preset, planner.Endpoint, planner.Model }, presets },
            console => ModelsView.ShowList(console, output.Live, plan.Source, members, planner, presets));
    }
}
