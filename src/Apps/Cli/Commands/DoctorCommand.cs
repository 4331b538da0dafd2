using System.CommandLine;
using System.Runtime.InteropServices;
using Quorate.Cli.Common;
using Quorate.Contracts;
using Quorate.Platforms.Docker;
using Spectre.Console;

namespace Quorate.Cli.Commands;

/// <summary>Says what works here, what does not, and how to get it.</summary>
internal static class DoctorCommand
{
    private sealed record Check(string Name, string State, string Detail, string? Hint = null);

    public static Command Create()
    {
        var command = new Command("doctor", "Check what this machine offers: store, keys, Docker, Compose, model endpoint (exit 3 when something essential is missing).");
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var checks = new List<Check>
            {
                new(".NET", "ok", $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}"),
                await TryAsync("store", true, async () => { await workspace.OpenStoreAsync(token); return Path.Combine(workspace.Home, "quorate.db"); }),
                await TryAsync("keys", true, () => Task.FromResult($"signing key {workspace.OpenKeys().CurrentSigningKeyId}")),
                await TryAsync("docker engine", false, () => DockerPlatform.DescribeEngineAsync(new DockerOptions(), workspace.Time, token)),
                FindCompose(),
                new("planner", "ok", workspace.Config.Planner.HasModel ? "a model, then the rulebook (quorate models --check asks it)" : "rulebook (no model configured)"),
            };
            var broken = checks.Exists(c => c.State == "missing");
            workspace.Output.Result(new { ok = !broken, checks }, console => Show(console, checks));
            return broken ? ExitCodes.Missing : ExitCodes.Done;
        }));
        return command.WithExamples("quorate doctor");
    }

    private static async Task<Check> TryAsync(string name, bool essential, Func<Task<string>> look)
    {
        try
        {
            return new Check(name, "ok", await look());
        }
        catch (QuorateException error)
        {
            return new Check(name, essential ? "missing" : "absent", error.Message, error.Hint);
        }
    }

    private static Check FindCompose()
    {
        var found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(p => Path.Combine(p, "docker-compose")).FirstOrDefault(File.Exists);
        if (found is not null)
        {
            return new Check("compose", "ok", found);
        }

        string[] folders = ["/usr/libexec/docker/cli-plugins", "/usr/lib/docker/cli-plugins", "/usr/local/lib/docker/cli-plugins"];
        var plugin = folders.Select(f => Path.Combine(f, "docker-compose")).FirstOrDefault(File.Exists);
        return plugin is not null
            ? new Check("compose", "ok", plugin)
            : new Check("compose", "absent", "neither docker compose nor docker-compose is installed", "Needed to start containers, not for sites that run as processes.");
    }

    private static void Show(IAnsiConsole console, List<Check> checks)
    {
        foreach (var check in checks)
        {
            var mark = check.State switch { "ok" => "[green]✔[/]", "absent" => "[yellow]–[/]", _ => "[red]✘[/]" };
            console.MarkupLine($" {mark} [bold]{check.Name,-14}[/] {Output.Safe(check.Detail)}");
            if (check.Hint is not null)
            {
                console.MarkupLine($"   {"",-14} [grey]{Output.Safe(check.Hint)}[/]");
            }
        }
    }
}
