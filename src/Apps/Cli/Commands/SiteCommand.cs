using System.CommandLine;
using Quorate.Cli.Common;
using Quorate.Cli.Views;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Baseline;
using Spectre.Console;

namespace Quorate.Cli.Commands;

/// <summary>Starts, stops and shows a site.</summary>
internal static class SiteCommand
{
    private static readonly TimeSpan HealthyLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    public static Command Create() => new("site", "Start, stop and look at a site described by a Compose file.")
    {
        CreateUp(),
        CreateDown(),
        CreateStatus(),
        CreateBaseline(),
    };

    private static Command CreateUp()
    {
        var command = Verb("up", "Start what is declared and not running; done when every service is healthy.", async (workspace, site, platform, _, token) =>
        {
            var status = await WithProgress(workspace.Output, "starting", async progress =>
            {
                var fresh = (await platform.ObserveAsync(token)).All(o => o.State == ServiceState.Missing);
                await platform.UpAsync(progress, token);
                var reached = await WaitHealthyAsync(workspace, site, platform, progress, token);
                // What ran before may have been changed since it was healthy.
                if (reached.Healthy && (fresh || await workspace.FindBaselineAsync(site, platform, token) is null))
                {
                    progress.Report("recording how the healthy site is");
                    await workspace.RecordBaselineAsync(site, platform, token);
                }

                return reached;
            });
            workspace.Output.Result(status, _ => SiteView.Show(workspace.Output, status));
            return status.Healthy ? ExitCodes.Done : ExitCodes.Negative;
        });
        return command.WithExamples("quorate site up --site lab/shop/compose.yml", "quorate site up --site lab/shop/compose.yml --platform docker");
    }

    private static Command CreateDown()
    {
        var volumes = new Option<bool>("--volumes") { Description = "Also remove its named Docker volumes, with all data in them." };
        var command = Verb("down", "Stop and remove everything of the site, and nothing else; data is kept.", async (workspace, site, platform, parse, token) =>
        {
            await WithProgress(workspace.Output, "stopping", async progress =>
            {
                await platform.DownAsync(progress, token);
                if (parse.GetValue(volumes))
                {
                    await platform.RemoveVolumesAsync(progress, token);
                }

                return true;
            });
            workspace.Output.Result(new { platform = platform.Name, down = true }, console => console.MarkupLine("[green]down[/]"));
            return ExitCodes.Done;
        });
        command.Add(volumes);
        return command.WithExamples("quorate site down --site lab/shop/compose.yml", "quorate site down --site lab/cloud/compose.yml --volumes");
    }

    private static Command CreateStatus()
    {
        var command = Verb("status", "Show every service with its state, health and addresses (exit 1 when something is not healthy).", async (workspace, site, platform, _, token) =>
        {
            var status = await workspace.ReadStatusAsync(site, platform, token);
            workspace.Output.Result(status, _ => SiteView.Show(workspace.Output, status));
            return status.Healthy ? ExitCodes.Done : ExitCodes.Negative;
        });
        return command.WithExamples("quorate site status --site lab/shop/compose.yml --json");
    }

    private static Command CreateBaseline()
    {
        var command = Verb("baseline", "Record how the healthy site is configured and behaves, for diagnosis by difference (exit 1 when it is not healthy).", async (workspace, site, platform, _, token) =>
        {
            var (baseline, unhealthy) = await WithProgress(workspace.Output, "recording", _ => workspace.RecordBaselineAsync(site, platform, token));
            if (baseline is null)
            {
                workspace.Output.Result(new { recorded = false, unhealthy }, console =>
                {
                    console.MarkupLine("[red]not recorded[/]: the site is not healthy");
                    unhealthy.ToList().ForEach(u => console.MarkupLine($"[red]·[/] {Output.Safe(u)}"));
                });
                return ExitCodes.Negative;
            }

            workspace.Output.Result(
                new { recorded = true, file = Path.Combine(workspace.SiteState(site), BaselineFile.Name), recorded_at = baseline.RecordedAt, services = BaselineView.Summaries(baseline) },
                _ => BaselineView.Show(workspace.Output, baseline));
            return ExitCodes.Done;
        });
        return command.WithExamples("quorate site baseline --site lab/cloud/compose.yml");
    }

    private static Command Verb(string name, string description, Func<Workspace, Site, IPlatform, ParseResult, CancellationToken, Task<int>> run)
    {
        var site = SiteOptions.Site();
        var platform = SiteOptions.Platform();
        var command = new Command(name, description) { site, platform };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var loaded = Workspace.LoadSite(parse.GetValue(site)!);
            var chosen = await workspace.OpenPlatformAsync(loaded, parse.GetValue(platform)!, token);
            return await run(workspace, loaded, chosen, parse, token);
        }));
        return command;
    }

    /// <summary>A platform is done when everything was started; the site is up when everything answers.</summary>
    private static async Task<SiteStatus> WaitHealthyAsync(Workspace workspace, Site site, IPlatform platform, IProgress<string> progress, CancellationToken token)
    {
        var started = workspace.Time.GetTimestamp();
        while (true)
        {
            var status = await workspace.ReadStatusAsync(site, platform, token);
            if (status.Healthy || workspace.Time.GetElapsedTime(started) > HealthyLimit)
            {
                return status;
            }

            progress.Report("waiting for " + string.Join(", ", status.Services.Where(s => !s.Healthy).Select(s => s.Name).DefaultIfEmpty("the site's probes")));
            await Task.Delay(PollInterval, workspace.Time, token);
        }
    }

    private static Task<T> WithProgress<T>(Output output, string what, Func<IProgress<string>, Task<T>> work)
    {
        if (!output.Live)
        {
            return work(new LineProgress(line => output.Line($"  {Output.Safe(line)}")));
        }

        return output.People.Status().StartAsync(what, status => work(new LineProgress(line => status.Status(Output.Safe(line)))));
    }

    /// <summary>Reports at once and in order, unlike <see cref="Progress{T}"/>, which posts to the thread pool.</summary>
    private sealed class LineProgress(Action<string> show) : IProgress<string>
    {
        public void Report(string value) => show(value);
    }
}
