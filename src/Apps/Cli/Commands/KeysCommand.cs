using System.CommandLine;
using Quorate.Cli.Common;
using Quorate.Cli.Views;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Storage.Keys;
using Spectre.Console;

namespace Quorate.Cli.Commands;

/// <summary>The keys that seal envelopes and sign the ledger, and those of agent groups.</summary>
internal static class KeysCommand
{
    public static Command Create() => new("keys", "List and rotate the keys that seal envelopes and sign the ledger; make those of an agent group.")
    {
        CreateList(),
        CreateRotate(),
        CreateGenerate(),
    };

    private static Command CreateList()
    {
        var peers = new Option<string?>("--peers") { Description = "Peers file of an agent group whose keys to show too.", HelpName = "FILE" };
        var command = new Command("list", "Every key version, without its secret.") { peers };
        command.SetAction((parse, _) => Workspace.RunAsync(parse, workspace =>
        {
            var group = parse.GetValue(peers) is { } file ? GroupKeysView.Of(PeersFile.Load(file)) : null;
            var keys = workspace.OpenKeys().List();
            workspace.Output.Result(new { keys, group }, console =>
            {
                var table = new Table().Border(workspace.Output.Live ? TableBorder.Rounded : TableBorder.None).BorderColor(Color.Grey);
                table.AddColumns("version", "purpose", "key id", "created", "");
                foreach (var key in keys)
                {
                    table.AddRow($"{key.Version}", key.Purpose, key.KeyId, $"{key.CreatedAt:yyyy-MM-dd HH:mm:ss}Z", key.Current ? "[green]current[/]" : "[grey]verifies only[/]");
                }

                console.Write(table);
                group?.Show(workspace.Output);
            });
            return Task.FromResult(ExitCodes.Done);
        }));
        return command.WithExamples("quorate keys list", "quorate keys list --peers peers.json");
    }

    private static Command CreateGenerate()
    {
        var peers = new Option<string>("--peers") { Description = "Peers file: who belongs to the group, and in which folder its keys are kept.", HelpName = "FILE", Required = true };
        var command = new Command("generate", "Make the keys of an agent group; those that exist are kept.") { peers };
        command.SetAction((parse, _) => Workspace.RunAsync(parse, workspace =>
        {
            var file = PeersFile.Load(parse.GetValue(peers)!);
            var made = GroupKeys.Create(file.KeysFolder, file.Name, file.Faults, file.ReplicaIds, file.ClientIds, Environment.GetEnvironmentVariable(FileKeyRing.PassphraseVariable));
            var group = GroupKeysView.Of(file);
            workspace.Output.Result(new { folder = file.KeysFolder, made = made.Made, kept = made.Kept, elsewhere = made.Elsewhere, group }, console =>
            {
                console.MarkupLine($"[green]{made.Made.Count} keys made[/], {made.Kept.Count} kept{(made.Elsewhere.Count > 0 ? $", {made.Elsewhere.Count} with a private key elsewhere" : "")}, in {Output.Safe(file.KeysFolder)}");
                group.Show(workspace.Output);
            });
            return Task.FromResult(ExitCodes.Done);
        }));
        return command.WithExamples("quorate keys generate --peers peers.json");
    }

    private static Command CreateRotate()
    {
        var command = new Command("rotate", "Add a new version of both keys; earlier ones still verify what they signed.");
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var ledger = await workspace.OpenLedgerAsync(token);
            // The last thing the old key signs is the head of everything it stood for.
            await ledger.CheckpointAsync(token);
            var keys = workspace.OpenKeys();
            var version = keys.Rotate();
            await ledger.AppendAsync(new LedgerDraft(LedgerKinds.KeyRotated, $"keys-{version}", QuorateJson.ToElement(new { version, key_id = keys.CurrentSigningKeyId }), DecisionTag.Deterministic), token);
            await ledger.CheckpointAsync(token);
            workspace.Output.Result(new { version, key_id = keys.CurrentSigningKeyId }, console => console.MarkupLine($"[green]version {version}[/] is current, signing key {keys.CurrentSigningKeyId}"));
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate keys rotate");
    }
}
