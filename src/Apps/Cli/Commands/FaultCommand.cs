using System.CommandLine;
using Quorate.Cli.Common;
using Quorate.Cli.Views;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Contracts.Sites;
using Quorate.Engine.Ports;
using Quorate.Faults;
using Spectre.Console;

namespace Quorate.Cli.Commands;

/// <summary>Real faults on lab sites, each with its way back.</summary>
internal static class FaultCommand
{
    public static Command Create() => new("fault", "Break a lab site on purpose, and put it back.")
    {
        CreateList(),
        CreateShow(),
        CreateInject(),
        CreateRevert(),
        FaultWatchCommand.CreateWatch(),
        FaultWatchCommand.CreateDelay(),
    };

    private static Command CreateList()
    {
        var command = new Command("list", "Every fault that can be injected.");
        command.SetAction((parse, _) => Workspace.RunAsync(parse, workspace =>
        {
            workspace.Output.Result(new { faults = SiteFaultCatalog.All.Select(FaultView.Describe).ToList() }, _ => FaultView.ShowAll(workspace.Output));
            return Task.FromResult(ExitCodes.Done);
        }));
        return command.WithExamples("quorate fault list");
    }

    private static Command CreateShow()
    {
        var name = new Argument<string>("name") { Description = "A name from quorate fault list." };
        var command = new Command("show", "Everything about one fault: what it needs, what users lose, how it is repaired.") { name };
        command.SetAction((parse, _) => Workspace.RunAsync(parse, workspace =>
        {
            var fault = SiteFaultCatalog.Find(parse.GetValue(name)!);
            workspace.Output.Result(FaultView.Describe(fault), _ => FaultView.Show(workspace.Output, fault));
            return Task.FromResult(ExitCodes.Done);
        }));
        return command.WithExamples("quorate fault show lock_holder");
    }

    private static Command CreateInject()
    {
        var name = new Argument<string>("name") { Description = "A name from quorate fault list." };
        var target = new Option<string?>("--target") { Description = "The service to break (default: the fault's own).", HelpName = "SERVICE" };
        var anyway = new Option<bool>("--i-know") { Description = "Allow it on a site that is not marked as a lab (x-quorate: lab: true)." };
        var minutes = NumberOptions.OptionalWhole("--minutes", "How long it lasts when nobody takes it back (default 10).", 1, (int)FaultInjector.LongestDuration.TotalMinutes);
        var holder = NumberOptions.OptionalWhole("--while", "Also end it with the process of this id.", 2, int.MaxValue);
        var hold = new Option<bool>("--hold") { Description = "Stay, and end it with this command (Ctrl-C)." };
        var site = SiteOptions.Site();
        var platform = SiteOptions.Platform();
        var command = new Command("inject", "Inject one fault; its way back is recorded first, and a watchdog takes it when the time is up.") { name, site, target, platform, minutes, holder, hold, anyway };
        command.Validators.Add(result =>
        {
            if (result.GetValue(hold) && result.GetValue(holder) is not null)
            {
                result.AddError("--hold ends the fault with this command: --while would name another process.");
            }
        });
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var owner = parse.GetValue(hold) ? FaultOwner.Current : Holder(parse.GetValue(holder));
            var duration = parse.GetValue(minutes) is { } m ? TimeSpan.FromMinutes(m) : (TimeSpan?)null;
            var loaded = LoadSite(parse.GetValue(site)!, workspace.Home);
            var chosen = await workspace.OpenPlatformAsync(loaded, parse.GetValue(platform)!, token);
            var ledger = await workspace.OpenLedgerAsync(token);
            var injector = workspace.CreateInjector(chosen, loaded, parse.GetValue(anyway), owner, duration);
            var receipt = await injector.InjectAsync(parse.GetValue(name)!, parse.GetValue(target), token);
            await ledger.AppendAsync(new LedgerDraft(LedgerKinds.FaultInjected, loaded.Id, QuorateJson.ToElement(receipt.Shown()), DecisionTag.Deterministic), token);
            workspace.Output.Result(receipt.Shown(), _ => FaultView.ShowInjected(workspace.Output, receipt, parse.GetValue(site)!));
            if (parse.GetValue(hold))
            {
                await HoldAsync(injector, receipt, workspace, ledger, token);
            }

            return ExitCodes.Done;
        }));
        return command.WithExamples(
            "quorate fault inject db_conn_drift --site lab/shop/compose.yml",
            "quorate fault inject crash --target cache --site lab/shop/compose.yml",
            "quorate fault inject lock_holder --hold --site lab/cloud/compose.yml");
    }

    private static Command CreateRevert()
    {
        var name = new Argument<string?>("name") { Description = "A fault that is active; on every service that has it.", Arity = ArgumentArity.ZeroOrOne };
        var all = new Option<bool>("--all") { Description = "Every active fault; nothing to do is fine." };
        var site = SiteOptions.Site();
        var platform = SiteOptions.Platform();
        var command = new Command("revert", "Take a fault back. Idempotent.") { name, all, site, platform };
        command.Validators.Add(result =>
        {
            if (result.GetValue(name) is null == !result.GetValue(all))
            {
                result.AddError("Name one fault, or give --all.");
            }
        });
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var loaded = LoadSite(parse.GetValue(site)!, workspace.Home);
            var chosen = await workspace.OpenPlatformAsync(loaded, parse.GetValue(platform)!, token);
            var ledger = await workspace.OpenLedgerAsync(token);
            var receipts = await workspace.CreateInjector(chosen, loaded).RevertAsync(parse.GetValue(all) ? null : parse.GetValue(name), token, r => NoteAsync(ledger, r));
            workspace.Output.Result(new { reverted = receipts.Select(r => r.Shown()).ToList() }, console =>
                console.MarkupLine(receipts.Count == 0 ? "[grey]nothing to revert[/]" : $"[green]reverted[/] {Markup.Escape(string.Join(", ", receipts.Select(r => r.Name + " " + r.Target)))}"));
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate fault revert --all --site lab/shop/compose.yml");
    }

    private static FaultOwner? Holder(int? pid) => pid is not { } id ? null : FaultOwner.Of(id)
        ?? throw QuorateException.Input("no_such_process", $"--while {id}: there is no process of this id");

    /// <summary>Until it is interrupted; then nothing interrupts taking it back.</summary>
    private static async Task HoldAsync(FaultInjector injector, FaultReceipt receipt, Workspace workspace, ILedger ledger, CancellationToken token)
    {
        await Task.Delay(receipt.Deadline!.Value - workspace.Time.GetUtcNow(), workspace.Time, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await injector.RevertOneAsync(receipt, CancellationToken.None, r => NoteAsync(ledger, r));
    }

    /// <summary>A revert is on the ledger whoever made it.</summary>
    internal static Task<LedgerEntry> NoteAsync(ILedger ledger, FaultReceipt reverted) =>
        ledger.AppendAsync(new LedgerDraft(LedgerKinds.FaultReverted, reverted.SiteId, QuorateJson.ToElement(reverted.Shown()), DecisionTag.Deterministic), CancellationToken.None);

    /// <summary>A file that is gone while faults of its site are on record is told apart from one that was never there.</summary>
    private static Site LoadSite(string path, string home)
    {
        try
        {
            return Workspace.LoadSite(path);
        }
        catch (QuorateException gone) when (FaultsOf(Path.GetFullPath(path), home) is { Count: > 0 } orphans)
        {
            throw QuorateException.Input("site_file_gone",
                $"{gone.Message} {orphans.Count} faults of it are on record: {string.Join(", ", orphans.Select(o => $"{o.Name} on {o.Target}"))}",
                "put the Compose file back and revert them; or remove what is left of the site by hand, and then the records in " + Path.Combine(home, "sites", orphans[0].SiteId, "faults"), gone);
        }
    }

    private static IReadOnlyList<FaultReceipt> FaultsOf(string composeFile, string home) =>
        Directory.Exists(Path.Combine(home, "sites")) && !File.Exists(composeFile) ? FaultInjector.FindRecords(Path.Combine(home, "sites"), composeFile) : [];
}
