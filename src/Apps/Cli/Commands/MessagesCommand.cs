using System.CommandLine;
using Quorate.Cli.Common;
using Quorate.Cli.Views;
using Quorate.Contracts;
using Quorate.Engine.Messages;
using Quorate.Protocol.Messaging;
using Quorate.Storage.Messaging;
using Spectre.Console;

namespace Quorate.Cli.Commands;

/// <summary>Messages between agents that were given up, and sending them again.</summary>
internal static class MessagesCommand
{
    private const int MaxLetters = 10_000;

    public static Command Create() => new("messages", "Messages between agents that were given up: list them, send them again.")
    {
        CreateList(),
        CreateRedrive(),
    };

    private static Command CreateList()
    {
        var (agent, limit, store) = (new Option<string?>("--agent") { Description = "Only what this agent sent.", HelpName = "NAME" }, Limit(), StoreOption.Create());
        var command = new Command("list", "List dead letters: id, reason, conversation, sender, receiver, attempts, age.") { agent, limit, store };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            StoreOption.Use(workspace, parse.GetValue(store));
            var letters = await (await workspace.OpenStoreAsync(token)).Messages.ListDeadAsync(parse.GetValue(agent), parse.GetValue(limit), token);
            var now = workspace.Time.GetUtcNow().ToUnixTimeMilliseconds();
            var document = new MessagesDocument([.. letters.Select(l => Describe(l, now))]);
            workspace.Output.Result(document, console => Show(console, document));
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate messages list", "quorate messages list --agent gpu --json");
    }

    private static Command CreateRedrive()
    {
        var id = new Argument<string?>("id") { Description = "A dead letter, as messages list names it.", Arity = ArgumentArity.ZeroOrOne };
        var (all, store) = (new Option<bool>("--all") { Description = $"All of them, {MaxLetters} at most." }, StoreOption.Create());
        var command = new Command("redrive", "Put dead letters back into their senders' outboxes, with fresh attempts; each goes out when its sender runs next on this store.") { id, all, store };
        command.Validators.Add(result =>
        {
            if (result.GetValue(all) == (result.GetValue(id) is not null))
            {
                result.AddError("Name one dead letter, or say --all.");
            }
        });
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            StoreOption.Use(workspace, parse.GetValue(store));
            var document = await RedriveAsync((await workspace.OpenStoreAsync(token)).Messages, parse.GetValue(id), workspace.Time.GetUtcNow().ToUnixTimeMilliseconds(), token);
            workspace.Output.Result(document, console => console.MarkupLine(document.Redriven.Count == 0 ? "no dead letters"
                : $"{document.Redriven.Count} back in the outbox: they go out when their senders run next on this store"));
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate messages redrive opinions/place-01j9…/7-7/gpu/memory/1", "quorate messages redrive --all");
    }

    /// <summary>One agent after another, each in one transaction.</summary>
    private static async Task<RedriveDocument> RedriveAsync(SqliteMessageStore store, string? id, long now, CancellationToken token)
    {
        var letters = (await store.ListDeadAsync(null, MaxLetters, token)).Where(l => id is null || l.Token == id).ToList();
        if (id is not null && letters.Count == 0)
        {
            throw QuorateException.Input("dead_letter_unknown", $"there is no dead letter '{PlainText.Line(id, 400)}'", "quorate messages list names them");
        }

        foreach (var ofAgent in letters.GroupBy(l => l.Agent, StringComparer.Ordinal))
        {
            var messenger = new Messenger(ofAgent.Key, AgentBusMessaging.Local, seed: 1);
            messenger.Restore(await store.LoadAsync(ofAgent.Key, token), now);
            foreach (var letter in ofAgent)
            {
                messenger.Redrive(new MessageKey(letter.Receiver, letter.Conversation, (ulong)letter.Sequence), now);
            }

            await store.CommitAsync(ofAgent.Key, messenger.Changes, token);
        }

        return new RedriveDocument([.. letters.Select(l => l.Token)]);
    }

    private static DeadLetterDocument Describe(StoredDeadLetter letter, long now) => new(
        letter.Token, letter.Reason, letter.Conversation, letter.Agent, [letter.Receiver], letter.Attempts, letter.At == 0 ? null : Math.Max(0, now - letter.At) / 1000.0, letter.Bytes);

    private static void Show(IAnsiConsole console, MessagesDocument document)
    {
        if (document.Messages.Count == 0)
        {
            console.MarkupLine("no dead letters");
            return;
        }

        var table = new Table().AddColumns("id", "reason", "sender", "receiver").AddColumn(new TableColumn("attempts").RightAligned()).AddColumn(new TableColumn("age").RightAligned());
        foreach (var letter in document.Messages)
        {
            table.AddRow(Output.Safe(letter.Id), letter.Reason, Output.Safe(letter.Sender), Output.Safe(string.Join(", ", letter.Receivers)), $"{letter.Attempts}", letter.AgeS is { } age ? Duration.Text(1000 * age) : "");
        }

        console.Write(table);
    }

    private static Option<int> Limit() => NumberOptions.Whole("--limit", "At most so many, the oldest first.", 100, 1, MaxLetters);

    private sealed record MessagesDocument(IReadOnlyList<DeadLetterDocument> Messages);

    private sealed record DeadLetterDocument(string Id, string Reason, string Conversation, string Sender, IReadOnlyList<string> Receivers, long Attempts, double? AgeS, long Bytes);

    private sealed record RedriveDocument(IReadOnlyList<string> Redriven);
}
