using System.Text.Json.Serialization;
using Quorate.Cli.Common;
using Quorate.Cli.Configuration;
using Quorate.Models.Health;
using Quorate.Models.Panel;
using Spectre.Console;

namespace Quorate.Cli.Views;

/// <summary>The panel's members and the planner's endpoints for a person.</summary>
internal static class ModelsView
{
    /// <summary>A member as configured; KeySet also when it needs no key.</summary>
    internal sealed record Member(
        string Name, string Provider, string Model, Uri Endpoint, double Temperature, int MaxTokens, bool Aggregator, string? Role,
        decimal PriceInput, decimal PriceOutput, string? ApiKeyEnv, bool KeySet);

    internal sealed record Preset(string Name, string Endpoint, [property: JsonPropertyName("api_key_env")] string? ApiKeyVariable, bool Chosen, string Summary);

    public static void ShowList(IAnsiConsole console, bool live, string source, IReadOnlyList<Member> members, PlannerConfig planner, IReadOnlyList<Preset> presets)
    {
        console.MarkupLine(source switch
        {
            "configured" => "panel: [bold]as configured[/]",
            "openrouter" => "panel: [bold]the default four[/], for OPENROUTER_API_KEY is set",
            "found" => "panel: [bold]what local servers offer[/] (no models configured)",
            _ => "panel: [bold]embedded members only[/] (no models configured, no OPENROUTER_API_KEY, no local server; docs/models.md shows how)",
        });
        if (members.Count > 0)
        {
            var table = NewTable(live, "member", "provider", "model", "USD/million in, out", "key");
            foreach (var m in members)
            {
                table.AddRow(
                    $"[bold]{Output.Safe(m.Name)}[/]{(m.Aggregator ? " (aggregator)" : "")}", Output.Safe(m.Provider), Output.Safe(m.Model), $"{m.PriceInput:0.####}, {m.PriceOutput:0.####}",
                    m.ApiKeyEnv is null ? "[grey]none needed[/]" : m.KeySet ? $"{Output.Safe(m.ApiKeyEnv)} [green]set[/]" : $"{Output.Safe(m.ApiKeyEnv)} [red]MISSING[/]");
            }

            console.Write(table);
        }

        console.MarkupLine(planner.HasModel
            ? $"planner: [bold]{Output.Safe(planner.Model ?? "the server's first model")}[/] at {Output.Safe(planner.Endpoint ?? planner.Preset!)}, the rulebook behind it"
            : "planner: [bold]rulebook[/] (no model configured; set QUORATE_PLANNER__PRESET or planner.endpoint)");
        var known = NewTable(live, "preset", "endpoint", "key from", "");
        foreach (var p in presets)
        {
            known.AddRow($"[bold]{p.Name}[/]", p.Endpoint, p.ApiKeyVariable ?? "[grey]none needed[/]", Markup.Escape(p.Summary));
        }

        console.Write(known);
    }

    public static void ShowChecks(IAnsiConsole console, IReadOnlyList<AgentHealth> members, IReadOnlyList<SkippedMember> skipped, IReadOnlyList<ModelCheckResult> endpoints)
    {
        foreach (var m in members)
        {
            console.MarkupLine(m.LastHeartbeat is not null
                ? $" [green]✔[/] member [bold]{Output.Safe(m.Agent),-12}[/] [grey]{Duration.Text(m.LatencyMs ?? 0)}[/]"
                : $" [red]✘[/] member [bold]{Output.Safe(m.Agent),-12}[/] {Output.Safe(m.LastError ?? "")}");
        }

        foreach (var s in skipped)
        {
            console.MarkupLine($" [red]✘[/] member [bold]{Output.Safe(s.Member),-12}[/] {Output.Safe(s.Variable)} is not set");
        }

        foreach (var e in endpoints)
        {
            console.MarkupLine(e.Reachable
                ? $" [green]✔[/] [bold]{e.Provider,-10}[/] {e.Endpoint} [grey]{Duration.Text(e.LatencyMs)}[/] {Output.Safe(string.Join(", ", e.Models.Take(6)))}"
                : $" [grey]–[/] [bold]{e.Provider,-10}[/] {e.Endpoint} [grey]{Output.Safe(e.Error ?? "")}[/]");
        }
    }

    private static Table NewTable(bool live, params string[] columns) =>
        new Table().Border(live ? TableBorder.Rounded : TableBorder.None).BorderColor(Color.Grey).AddColumns(columns);
}
