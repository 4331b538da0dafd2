using System.CommandLine;
using Quorate.Cli.Common;
using Quorate.Cli.Coordination;
using Quorate.Cli.Views;
using Quorate.Protocol.Auction;
using Quorate.Storage.Keys;

namespace Quorate.Cli.Commands;

/// <summary>Proofs of decisions, checked by anyone with the public keys.</summary>
internal static class CertificateCommand
{
    public static Command Create() => new("certificate", "Check proofs of what a group of agents decided.")
    {
        CreateVerify(),
    };

    private static Command CreateVerify()
    {
        var file = new Argument<string>("file") { Description = "The certificate." };
        var keys = new Option<string?>("--keys") { Description = "Folder of the group's public keys to trust: group.json and a .pem file for each id (default: those of this home's approval panel).", HelpName = "DIR" };
        var record = new Option<string?>("--record") { Description = "The record of an auction that the certificate decides: its outcome is computed again from the sealed bids.", HelpName = "FILE" };
        var command = new Command("verify", "Check a certificate offline: what was decided, and by whom (exit 1 if it proves nothing).") { file, keys, record };
        command.SetAction((parse, _) => Workspace.RunAsync(parse, workspace =>
        {
            var group = GroupKeys.OpenPublic(FindPublic(parse.GetValue(keys) ?? workspace.PanelKeys));
            var view = CertificateView.Verify(parse.GetValue(file)!, group);
            view = parse.GetValue(record) is { } path && view.Valid ? AuctionProof.Check(view, InputFile.ReadText(path, AuctionRecords.MaxBytes, "auction_record_file"), group) : view;
            workspace.Output.Result(view, _ => view.Show(workspace.Output));
            return Task.FromResult(view.Valid ? ExitCodes.Done : ExitCodes.Negative);
        }));
        return command.WithExamples("quorate certificate verify decision.cert --keys ./keys/public");
    }

    /// <summary>The folder that holds the private keys too is what people who made them have at hand.</summary>
    private static string FindPublic(string folder) =>
        File.Exists(Path.Combine(folder, GroupKeys.GroupFile)) || !Directory.Exists(GroupKeys.PublicFolderOf(folder)) ? folder : GroupKeys.PublicFolderOf(folder);
}
