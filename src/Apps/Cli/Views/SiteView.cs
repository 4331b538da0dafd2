using Quorate.Cli.Common;
using Quorate.Contracts.Sites;
using Spectre.Console;

namespace Quorate.Cli.Views;

/// <summary>A site's status as a table.</summary>
internal static class SiteView
{
    public static void Show(Output output, SiteStatus status)
    {
        var table = new Table().Border(output.Live ? TableBorder.Rounded : TableBorder.None).BorderColor(Color.Grey);
        table.AddColumns("service", "state", "health", "runs as", "address", "");
        foreach (var service in status.Services)
        {
            table.AddRow(
                $"[bold]{Markup.Escape(service.Name)}[/]",
                State(service.State),
                service.Healthy ? "[green]healthy[/]" : "[red]unhealthy[/]",
                service.Pid is { } pid && status.Platform == "process" ? $"pid {pid}" : service.ContainerId is { } id ? id[..Math.Min(12, id.Length)] : "",
                Markup.Escape(string.Join(' ', service.Endpoints.Take(2))),
                service.Healthy ? $"[grey]{(service.LatencyMs is { } ms ? Duration.Text(ms) : "")}[/]" : Output.Safe(service.Detail ?? ""));
        }

        output.People.Write(table);
        foreach (var failure in status.Failures)
        {
            output.Line($"[red]·[/] {Output.Safe(failure)}");
        }
    }

    private static string State(ServiceState state) => state switch
    {
        ServiceState.Running => "[green]running[/]",
        ServiceState.Paused => "[yellow]paused[/]",
        ServiceState.Stopped => "[red]stopped[/]",
        _ => "[red]missing[/]",
    };
}
