using System.CommandLine;
using Quorate.Cli.Commands;
using Quorate.Cli.Common;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

var root = new RootCommand("No single model decides alone: incidents, questions and jobs decided by a panel, carried out by a deterministic engine, proved by a ledger.");
GlobalOptions.AddTo(root);
root.Subcommands.Add(DemoCommand.Create());
root.Subcommands.Add(AskCommand.Create());
root.Subcommands.Add(PlaceCommand.Create());
root.Subcommands.Add(OrganiseCommand.Create());
root.Subcommands.Add(AuctionCommand.Create());
root.Subcommands.Add(TriageCommand.Create());
root.Subcommands.Add(PlanCommand.Create());
root.Subcommands.Add(SiteCommand.Create());
root.Subcommands.Add(FaultCommand.Create());
root.Subcommands.Add(HarnessCommand.Create());
root.Subcommands.Add(AgentCommand.Create());
root.Subcommands.Add(LedgerCommand.Create());
root.Subcommands.Add(MessagesCommand.Create());
root.Subcommands.Add(SimulateCommand.Create());
root.Subcommands.Add(WorkloadCommand.Create());
root.Subcommands.Add(CertificateCommand.Create());
root.Subcommands.Add(KeysCommand.Create());
root.Subcommands.Add(ModelsCommand.Create());
root.Subcommands.Add(UpCommand.Create());
root.Subcommands.Add(UsersCommand.Create());
root.Subcommands.Add(McpCommand.Create());
root.Subcommands.Add(DoctorCommand.Create());
root.Subcommands.Add(BenchCommand.Create());
root.Subcommands.Add(CompletionCommand.Create());
root.WithExamples(
    "quorate demo",
    "quorate site up --site lab/shop/compose.yml",
    "quorate triage \"orders fail since lunch\" --site lab/shop/compose.yml");
Examples.ShowInHelp(root);

var parse = root.Parse(args);
var json = args.Contains("--json");
if (Usage.FindProblem(parse, args) is { } problem)
{
    return Errors.ReportUsage(parse, problem, json);
}

// What a harness has broken it puts back, and a site of containers takes its time.
using var interruption = new Interruption(TimeProvider.System, args.Contains("harness") ? TimeSpan.FromMinutes(2) : null);
try
{
    // System.CommandLine would listen for signals only once the command waits for something.
    return await interruption.RunAsync(token => parse.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, token));
}
catch (QuorateException error)
{
    return Errors.Report(parse, error, json);
}
catch (PlatformException error)
{
    return Errors.ReportPlatform(error, json);
}
catch (OperationCanceledException)
{
    return Errors.ReportInterrupted(json);
}
catch (Exception error) when (Errors.IsConsole(error))
{
    return Errors.ReportUnwritable(error);
}
catch (Exception error)
{
    return Errors.ReportDefect(error, json);
}
