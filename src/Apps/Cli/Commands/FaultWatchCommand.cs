using System.CommandLine;
using Quorate.Cli.Common;
using Quorate.Contracts;
using Quorate.Faults;

namespace Quorate.Cli.Commands;

/// <summary>What faults start of this program: processes that outlive the one that injected them.</summary>
internal static class FaultWatchCommand
{
    private const int MaxLog = 4_000;

    /// <summary>Takes faults back when their time is up or their owner is gone.</summary>
    public static Command CreateWatch()
    {
        var site = SiteOptions.Site();
        var platform = SiteOptions.Platform();
        var starter = new Option<int?>("--starter") { Description = "Who may still inject faults." };
        var command = new Command("watch", "Take faults of a site back when their time is up.") { site, platform, starter };
        command.Hidden = true;
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var owner = parse.GetValue(starter) is { } pid ? FaultOwner.Of(pid) : null;
            var loaded = Workspace.LoadSite(parse.GetValue(site)!);
            var chosen = await workspace.OpenPlatformAsync(loaded, parse.GetValue(platform)!, token);
            var state = workspace.SiteState(loaded);
            // It only reverts: whether the site is a lab was asked when the fault was injected.
            var injector = new FaultInjector(loaded, chosen, state, workspace.Time);
            await new FaultWatchdog(injector, state, loaded.Id, owner, workspace.Time)
                .RunAsync((receipt, said) => RecordAsync(workspace, state, receipt, said, token), token);
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate fault watch --site lab/cloud/compose.yml");
    }

    /// <summary>The proxy of the fault latency.</summary>
    public static Command CreateDelay()
    {
        var from = NumberOptions.Whole("--from", "The port to listen on.", 1, 1, 65_535);
        var to = NumberOptions.Whole("--to", "The port to pass everything to.", 1, 1, 65_535);
        var ms = NumberOptions.Whole("--ms", "How long everything is held in each direction, in milliseconds.", 100, 1, 60_000);
        var command = new Command("delay", "Pass TCP connections on, each byte later.") { from, to, ms };
        command.Hidden = true;
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            await new DelayProxy(parse.GetValue(from), parse.GetValue(to), TimeSpan.FromMilliseconds(parse.GetValue(ms)), workspace.Time).RunAsync(token);
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate fault delay --from 18080 --to 8080 --ms 100");
    }

    /// <summary>The ledger gets what was reverted; what failed is left where a person finds it.</summary>
    private static async Task RecordAsync(Workspace workspace, string state, FaultReceipt? receipt, string said, CancellationToken token)
    {
        if (receipt is null)
        {
            var folder = Path.Combine(state, "faults");
            if (Directory.Exists(folder))
            {
                await File.WriteAllTextAsync(Path.Combine(folder, "watchdog.log"), $"{workspace.Time.GetUtcNow():u} {PlainText.Line(said, MaxLog)}\n", token);
            }

            return;
        }

        var ledger = await workspace.OpenLedgerAsync(token);
        await FaultCommand.NoteAsync(ledger, receipt);
    }
}
