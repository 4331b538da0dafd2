using System.CommandLine;
using Microsoft.AspNetCore.Builder;
using Quorate.Cli.Common;
using Quorate.Cli.Serving;
using Quorate.Contracts;
using Quorate.Server;
using Spectre.Console;

namespace Quorate.Cli.Commands;

/// <summary>The server.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        var urls = new Option<string[]>("--urls") { Description = $"Address to listen on (default {ServerSettings.DefaultUrl}; port 0 takes a free one). May be given again.", HelpName = "URL", AllowMultipleArgumentsPerToken = true };
        var store = StoreOption.Create();
        var command = new Command("up", "Run the server until Ctrl-C; questions it was working on go back to the store.") { urls, store };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            StoreOption.Use(workspace, parse.GetValue(store));
            using var traces = Traces.Start();
            var settings = workspace.Config.Server.ToSettings(parse.GetValue(urls) ?? []);
            settings.Urls.ToList().ForEach(u => ServerAddress.Parse(u));
            var opened = await workspace.OpenStoreAsync(token);
            ServerAddress.RefuseOpenDoor(settings, (await opened.Accounts.ListAsync(token)).Count > 0);
            await using var composition = await ServerComposition.CreateAsync(workspace, opened, token);
            await using var app = QuorateServer.Build(settings, composition.Parts);
            await StartAsync(app, settings, token);
            Announce(workspace.Output, QuorateServer.Addresses(app), opened.File);
            await UntilStoppedAsync(token);
            await app.StopAsync(CancellationToken.None);
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate up", "quorate up --urls http://127.0.0.1:8080 --store sqlite:team.db");
    }

    private static async Task StartAsync(WebApplication app, ServerSettings settings, CancellationToken token)
    {
        try
        {
            await app.StartAsync(token);
        }
        catch (IOException error)
        {
            throw QuorateException.Missing("address_taken", $"the server cannot listen on {string.Join(", ", settings.Urls)}: {error.Message}", "end what listens there, or name another --urls", error);
        }
    }

    private static void Announce(Output output, IReadOnlyList<string> urls, string store) => output.Result(new { urls, store = $"sqlite:{store}" }, console =>
    {
        console.MarkupLine($"Quorate listens on [bold]{Output.Safe(string.Join(", ", urls))}[/], store {Output.Safe(store)}");
        console.MarkupLine("[grey]Ctrl-C ends it.[/]");
    });

    private static async Task UntilStoppedAsync(CancellationToken token)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = token.UnsafeRegister(state => ((TaskCompletionSource)state!).TrySetResult(), stopped);
        await stopped.Task;
    }
}
