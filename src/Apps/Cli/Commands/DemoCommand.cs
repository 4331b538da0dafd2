using System.CommandLine;
using Quorate.Cli.Common;
using Quorate.Cli.Demo;

namespace Quorate.Cli.Commands;

/// <summary>The whole story in a terminal, on really running services.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var seed = NumberOptions.Seed("Draws the incidents' words and order.", 1);
        var fast = new Option<bool>("--fast") { Description = "Shorter stability windows: under half a minute." };
        var command = new Command("demo", "Ask a panel, place jobs on a cluster whose agents lie and crash, start a small shop of real services, break it three ways, and watch each repair.") { seed, fast };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            await using var site = DemoSite.Create(workspace);
            var results = await new DemoStory(workspace, site, parse.GetValue(seed), parse.GetValue(fast)).RunAsync(token);
            return results.All(r => r.Resolved) ? ExitCodes.Done : ExitCodes.Negative;
        }));
        return command.WithExamples("quorate demo", "quorate demo --fast --seed 7");
    }
}
