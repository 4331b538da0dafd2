using System.CommandLine;
using Quorate.Cli.Common;
using Quorate.Cli.Coordination;
using Quorate.Cli.Views;
using Quorate.Contracts;
using Quorate.Contracts.Coordination;
using Quorate.Engine.Coordination;
using Quorate.Protocol.Auction;
using Quorate.Storage.Certificates;

namespace Quorate.Cli.Commands;

/// <summary>One task auctioned among agents.</summary>
internal static class AuctionCommand
{
    private static readonly Argument<string> TaskFile = new("taskfile") { Description = "What is auctioned: JSON as docs/schemas/auction-task.json says." };
    private static readonly Option<string> Agents = new("--agents") { Description = "The agents with their histories and bids: JSON as docs/schemas/agents.json says.", Required = true, HelpName = "FILE" };
    private static readonly Option<bool> Explain = new("--explain") { Description = "Show sealed and opened bids, expected capabilities and signatures; with --json the whole record." };
    private static readonly Option<bool> Alone = new("--alone") { Description = "Neither count earlier auctions of this home nor keep this one." };
    private static readonly Option<string?> Certificate = new("--certificate") { Description = "Write the record, the signed decision and the keys that check it to this folder.", HelpName = "DIR" };
    private static readonly Option<string[]> Withhold = new("--withhold") { Description = "Let this agent seal its bid and never open it; may be repeated.", HelpName = "AGENT" };
    private static readonly Option<string?> Lie = new("--lying-auctioneer") { Description = $"Let the first auctioneer lie: {string.Join(", ", AuctionFaults.Lies)} (the winner's bid).", HelpName = "LIE" };

    public static Command Create()
    {
        var command = new Command("auction", "Auction a task: sealed bids, five criteria, second-score price, the winner fixed by consensus of the agents (exit 1 if nobody wins).")
        {
            TaskFile, Agents, Explain, Alone, Certificate, Withhold, Lie,
        };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, workspace => RunAsync(workspace, parse, token)));
        return command.WithExamples(
            "quorate auction lab/workloads/reindex-auction.json --agents lab/agents/indexers.json",
            "quorate auction lab/workloads/reindex-auction.json --agents lab/agents/indexers.json --withhold dahlia --lying-auctioneer winner --alone --explain");
    }

    private static async Task<int> RunAsync(Workspace workspace, ParseResult parse, CancellationToken token)
    {
        var task = InputFile.Read(parse.GetValue(TaskFile)!, AuctionTaskReader.MaxBytes, "auction_task_file", AuctionTaskReader.Read);
        var agents = InputFile.Read(parse.GetValue(Agents)!, AgentsFileReader.MaxBytes, "agents_file", AgentsFileReader.Read);
        var bidders = BiddersOf(agents, parse.GetValue(Withhold) ?? []);
        var options = new AuctionOptions();
        if (parse.GetValue(Lie) is { } lie)
        {
            options = options with { Propose = AuctionFaults.LyingFirst(lie) };
        }

        if (parse.GetValue(Certificate) is { } proofs)
        {
            OutcomeFolder.Prepare(proofs);
        }

        var keys = workspace.OpenMemberKeys("members");
        var past = parse.GetValue(Alone) ? [] : await AuctionLedger.ReadAsync(workspace, token);
        var result = await new AuctionHouse(keys, workspace.Time, options).RunAsync(workspace.Ids.Next("auction"), task, bidders, past, token);
        if (!parse.GetValue(Alone))
        {
            await AuctionLedger.AppendAsync(workspace, result, token);
        }

        var (proof, record) = parse.GetValue(Certificate) is { } folder && result.Certificate is { } signed
            ? (OutcomeFolder.Write(folder, result.AuctionId, signed), OutcomeFolder.WriteRecord(folder, result.AuctionId, AuctionRecords.ToBytes(result.Record!)))
            : default;

        var explain = parse.GetValue(Explain);
        workspace.Output.Result(explain ? result : result with { Record = null }, _ => new AuctionView(workspace.Output).Show(task, result, explain));
        if (proof.Certificate is not null)
        {
            workspace.Output.Line($"[grey]check it with: {Output.Safe(ShellWords.Line("quorate", "certificate", "verify", proof.Certificate, "--keys", proof.Keys, "--record", record))}[/]");
        }

        return result.Winner is null ? ExitCodes.Negative : ExitCodes.Done;
    }

    private static List<IBidder> BiddersOf(AgentsFile agents, string[] withholding)
    {
        if (Array.Find(withholding, name => agents.Agents.All(a => a.Name != name)) is { } unknown)
        {
            throw QuorateException.Input("agent_unknown", $"--withhold names '{PlainText.Line(unknown, 60)}'; the agents are {string.Join(", ", agents.Agents.Take(20).Select(a => a.Name))}", "--withhold takes the name of an agent of the --agents file");
        }

        return [.. agents.Agents.Select(agent => withholding.Contains(agent.Name) ? AuctionFaults.Withholding(new SealedBidder(agent)) : (IBidder)new SealedBidder(agent))];
    }
}
