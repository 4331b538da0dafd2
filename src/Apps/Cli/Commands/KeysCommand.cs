using System.CommandLine;
using Quorate.Cli.Common;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Spectre.Console;

namespace Quorate.Cli.Commands;

/// <summary>The keys that seal envelopes and sign the ledger.</summary>
internal static class KeysCommand
{
    public static Command Create() => new("keys", "List and rotate the keys that seal envelopes and sign the ledger.")
    {
        CreateList(),
        CreateRotate(),
    };

    private static Command CreateList()
    {
        var command = new Command("list", "Every key version, without its secret.");
        command.SetAction((parse, _) => Workspace.RunAsync(parse, workspace =>
        {
            var keys = workspace.OpenKeys().List();
            workspace.Output.Result(new { keys }, console =>
            {
                var table = new Table().Border(workspace.Output.Live ? TableBorder.Rounded : TableBorder.None).BorderColor(Color.Grey);
                table.AddColumns("version", "purpose", "key id", "created", "");
                foreach (var key in keys)
                {
                    table.AddRow($"{key.Version}", key.Purpose, key.KeyId, $"{key.CreatedAt:yyyy-MM-dd HH:mm:ss}Z", key.Current ? "[green]current[/]" : "[grey]verifies only[/]");
                }

                console.Write(table);
            });
            return Task.FromResult(ExitCodes.Done);
        }));
        return command.WithExamples("quorate keys list");
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
