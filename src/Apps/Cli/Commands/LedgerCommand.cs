using System.CommandLine;
using System.Text.Json;
using Quorate.Cli.Common;
using Quorate.Cli.Views;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Ports;
using Quorate.Storage.Keys;
using Quorate.Storage.Ledger;
using Spectre.Console;

namespace Quorate.Cli.Commands;

/// <summary>What was decided and done, word for word, and the proof that nobody changed it since.</summary>
internal static class LedgerCommand
{
    private const int MaxShown = 10_000;

    public static Command Create() => new("ledger", "Show, search, verify and export the record of everything that was decided and done.")
    {
        CreateShow(),
        CreateSearch(),
        CreateVerify(),
        CreateExport(),
    };

    private static Command CreateShow()
    {
        var subject = new Argument<string?>("subject") { Description = "An incident id (default: the newest entries of all).", Arity = ArgumentArity.ZeroOrOne };
        var limit = Limit();
        var full = new Option<bool>("--full") { Description = "Print payloads whole: prompts, answers, envelopes." };
        var certificates = new Option<string?>("--certificates") { Description = "Also write the certificates of the panel's decisions among the entries to this folder, a file each.", HelpName = "DIR" };
        var command = new Command("show", "Show the newest entries, or those of one incident.") { subject, limit, full, certificates };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, workspace =>
            ListAsync(workspace, new LedgerFilter { Subject = parse.GetValue(subject), Limit = parse.GetValue(limit), Newest = true }, parse.GetValue(full), token, parse.GetValue(certificates))));
        return command.WithExamples("quorate ledger show", "quorate ledger show inc-01j9… --full", "quorate ledger show inc-01j9… --certificates ./certificates");
    }

    private static Command CreateSearch()
    {
        var text = new Argument<string?>("text") { Description = "Looked for in kind, subject and payload, in any case.", Arity = ArgumentArity.ZeroOrOne };
        var tag = new Option<string?>("--tag") { Description = "LLM_DECISION or DETERMINISTIC." };
        tag.AcceptOnlyFromAmong("LLM_DECISION", "DETERMINISTIC");
        var kind = new Option<string[]>("--kind") { Description = "Kinds of entry, such as task_intent or llm_run.", AllowMultipleArgumentsPerToken = true };
        var limit = Limit();
        var full = new Option<bool>("--full") { Description = "Print payloads whole." };
        var command = new Command("search", "Find entries by text, kind or decision tag.") { text, tag, kind, limit, full };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, workspace => ListAsync(
            workspace,
            new LedgerFilter
            {
                Text = parse.GetValue(text),
                DecisionTag = parse.GetValue(tag) switch { "LLM_DECISION" => DecisionTag.LlmDecision, "DETERMINISTIC" => DecisionTag.Deterministic, _ => null },
                Kinds = parse.GetValue(kind) is { Length: > 0 } kinds ? kinds : null,
                Limit = parse.GetValue(limit),
                Newest = true,
            },
            parse.GetValue(full),
            token)));
        return command.WithExamples("quorate ledger search restart", "quorate ledger search --tag LLM_DECISION --kind llm_run --full");
    }

    private static Command CreateVerify()
    {
        var file = new Argument<string?>("file") { Description = "An export (default: the store itself).", Arity = ArgumentArity.ZeroOrOne };
        var keys = new Option<string?>("--keys") { Description = "Folder of public keys (PEM) to trust (default: this home's).", HelpName = "DIR" };
        var command = new Command("verify", "Check every hash and signature; names the first bad entry (exit 1).") { file, keys };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var found = parse.GetValue(file) is { } path
                ? await VerifyExportAsync(workspace, path, parse.GetValue(keys), token)
                : await workspace.VerifyLedgerAsync(token);
            workspace.Output.Result(found, console => ShowVerification(console, found));
            return found.Valid ? ExitCodes.Done : ExitCodes.Negative;
        }));
        return command.WithExamples("quorate ledger verify", "quorate ledger verify incident.jsonl --keys ./trusted-keys");
    }

    private static Command CreateExport()
    {
        var file = new Argument<string>("file") { Description = "Where to write; must not exist yet." };
        var command = new Command("export", "Write the whole ledger, sealed with a signature, to a file that anyone can verify.") { file };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var path = Path.GetFullPath(parse.GetValue(file)!);
            if (Path.Exists(path))
            {
                throw QuorateException.Input("export_exists", $"{path} exists already; an export replaces nothing", "name another file, or move this one away");
            }

            var written = await LedgerExport.WriteAsync(await workspace.OpenLedgerAsync(token), workspace.OpenKeys(), workspace.Time, path, token);
            workspace.Output.Result(written, console => console.MarkupLine($"[green]{written.Entries} entries[/] in {Markup.Escape(path)}, sealed with key {written.KeyId}"));
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate ledger export ledger.jsonl");
    }

    private static Task<LedgerVerification> VerifyExportAsync(Workspace workspace, string path, string? keys, CancellationToken token) => keys is null
        ? LedgerVerifier.VerifyFileAsync(path, workspace.OpenKeys().PublicKeys, cancellationToken: token)
        : LedgerVerifier.VerifyFileAsync(path, PublicKeyFolder.Load(keys), requirePinned: true, token);

    private static Option<int> Limit() => NumberOptions.Whole("--limit", "Entries to show.", 50, 1, MaxShown);

    private static async Task<int> ListAsync(Workspace workspace, LedgerFilter filter, bool full, CancellationToken token, string? certificates = null)
    {
        var ledger = await workspace.OpenLedgerAsync(token);
        var entries = new List<LedgerEntry>();
        await foreach (var entry in ledger.ReadAsync(filter, token))
        {
            entries.Add(entry);
        }

        if (certificates is not null)
        {
            var files = CertificateExport.Write(entries, certificates);
            workspace.Output.Line($"[grey]{Counted.Of(files.Count, "certificate")} in {Markup.Escape(Path.GetFullPath(certificates))}[/]");
        }

        workspace.Output.Result(
            new { entries = entries.Select(e => new { e.Seq, e.At, e.Kind, e.Subject, e.DecisionTag, payload = JsonSerializer.Deserialize<JsonElement>(e.Payload), e.PrevHash, e.Hash }) },
            _ => LedgerView.Show(workspace.Output, entries, full));
        return ExitCodes.Done;
    }

    private static void ShowVerification(IAnsiConsole console, LedgerVerification found)
    {
        console.MarkupLine(found.Valid
            ? $"[green]intact[/]: {Counted.Of(found.Entries, "entry", "entries")}, {Counted.Of(found.Checkpoints, "signed head")}{(found.KeyPinned ? "" : " [yellow](signed by a key that nothing here vouches for; pin it with --keys)[/]")}"
            : $"[red]not intact[/]: {Output.Safe(found.FirstBad?.Detail ?? "unknown")}");
    }
}
