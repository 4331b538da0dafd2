using System.CommandLine;
using Quorate.Cli.Common;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Faults;
using Spectre.Console;

namespace Quorate.Cli.Commands;

/// <summary>Real faults on lab sites, each with its way back.</summary>
internal static class FaultCommand
{
    public static Command Create() => new("fault", "Break a lab site on purpose, and put it back.")
    {
        CreateList(),
        CreateInject(),
        CreateRevert(),
    };

    private static Command CreateList()
    {
        var command = new Command("list", "Every fault that can be injected.");
        command.SetAction((parse, _) => Workspace.RunAsync(parse, workspace =>
        {
            var faults = SiteFaultCatalog.All.Select(f => new { f.Name, target = f.DefaultTarget, platform = f.Platforms, f.Summary }).ToList();
            workspace.Output.Result(new { faults }, console =>
            {
                var table = new Table().Border(workspace.Output.Live ? TableBorder.Rounded : TableBorder.None).BorderColor(Color.Grey);
                table.AddColumns("fault", "default target", "platform", "what it does");
                faults.ForEach(f => table.AddRow($"[bold]{f.Name}[/]", f.target, string.Join(", ", f.platform), Output.Safe(f.Summary)));
                console.Write(table);
            });
            return Task.FromResult(ExitCodes.Done);
        }));
        return command.WithExamples("quorate fault list");
    }

    private static Command CreateInject()
    {
        var name = new Argument<string>("name") { Description = "A name from quorate fault list." };
        var target = new Option<string?>("--target") { Description = "The service to break (default: the fault's own).", HelpName = "SERVICE" };
        var anyway = new Option<bool>("--i-know") { Description = "Allow it on a site that is not marked as a lab (x-quorate: lab: true)." };
        var site = SiteOptions.Site();
        var platform = SiteOptions.Platform();
        var command = new Command("inject", "Inject one fault; its way back is recorded first.") { name, site, target, platform, anyway };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var loaded = Workspace.LoadSite(parse.GetValue(site)!);
            var chosen = await workspace.OpenPlatformAsync(loaded, parse.GetValue(platform)!, token);
            var ledger = await workspace.OpenLedgerAsync(token);
            var receipt = await workspace.CreateInjector(chosen, loaded, parse.GetValue(anyway)).InjectAsync(parse.GetValue(name)!, parse.GetValue(target), token);
            await ledger.AppendAsync(new LedgerDraft(LedgerKinds.FaultInjected, loaded.Id, QuorateJson.ToElement(receipt), DecisionTag.Deterministic), token);
            workspace.Output.Result(receipt, console => console.MarkupLine($"[yellow]injected[/] [bold]{receipt.Name}[/] into {Markup.Escape(receipt.Target)} [grey](take it back: quorate fault revert {receipt.Name} --site …)[/]"));
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate fault inject db_conn_drift --site lab/shop/compose.yml", "quorate fault inject crash --target cache --site lab/shop/compose.yml");
    }

    private static Command CreateRevert()
    {
        var name = new Argument<string?>("name") { Description = "A fault that is active.", Arity = ArgumentArity.ZeroOrOne };
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
            var loaded = Workspace.LoadSite(parse.GetValue(site)!);
            var chosen = await workspace.OpenPlatformAsync(loaded, parse.GetValue(platform)!, token);
            var ledger = await workspace.OpenLedgerAsync(token);
            var receipts = await workspace.CreateInjector(chosen, loaded).RevertAsync(parse.GetValue(all) ? null : parse.GetValue(name), token);
            foreach (var receipt in receipts)
            {
                await ledger.AppendAsync(new LedgerDraft(LedgerKinds.FaultReverted, loaded.Id, QuorateJson.ToElement(receipt), DecisionTag.Deterministic), token);
            }

            workspace.Output.Result(new { reverted = receipts }, console =>
                console.MarkupLine(receipts.Count == 0 ? "[grey]nothing to revert[/]" : $"[green]reverted[/] {Markup.Escape(string.Join(", ", receipts.Select(r => r.Name + " " + r.Target)))}"));
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate fault revert --all --site lab/shop/compose.yml");
    }
}
