using System.Diagnostics;
using System.Runtime.CompilerServices;
using Quorate.Protocol.Messaging;
using Quorate.Storage;
using Quorate.Storage.Keys;
using Quorate.Transport.Messaging;

namespace Quorate.Tests.Integration.Messaging;

public sealed class OutboxCrashTests
{
    private const string Role = "QUORATE_TEST_MESSENGERS";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // This assembly is the other process too: told so, its agents talk until it is killed.
    [ModuleInitializer]
    internal static void TalkIfToldTo()
    {
        if (Environment.GetEnvironmentVariable(Role) is { Length: > 0 } folder)
        {
            TalkAsync(folder).GetAwaiter().GetResult();
        }
    }

    [Fact]
    public async Task Agents_KilledAtAnyMoment_LoseNothingAndDoNothingTwice()
    {
        var folder = Directory.CreateTempSubdirectory("quorate-crash-").FullName;
        try
        {
            using var keys = FileKeyRing.Open(Path.Combine(folder, "keys"), TimeProvider.System, passphrase: null);
            await using var store = await OpenAsync(folder, keys);
            for (var round = 0; round < 3; round++)
            {
                await KillAfterAsync(store, folder, effects: 300);
            }

            await using (var bus = await StartAsync(store))
            {
                await Wait.UntilAsync(async () => (await bus["ann"].CountAsync(Token)).Outbox == 0, Patience, "the rest arrives");
            }

            var sent = Assert.Single((await store.Messages.LoadAsync("ann", Token)).Sequences).Sequence;
            var effects = await store.Messages.ReadEffectsAsync("bob", 0, int.MaxValue, Token);
            Assert.True(sent >= 900, $"{sent} sent");
            Assert.Equal(Enumerable.Range(1, (int)sent).Select(n => (long)n), effects.Select(e => e.Sequence));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task TalkAsync(string folder)
    {
        using var keys = FileKeyRing.Open(Path.Combine(folder, "keys"), TimeProvider.System, passphrase: null);
        await using var store = await OpenAsync(folder, keys);
        await using var bus = await StartAsync(store);
        while (true)
        {
            await bus["ann"].SendAsync([.. Enumerable.Range(0, 5).Select(_ => new MessageDraft("c", ["bob"], "hello"u8.ToArray()))], CancellationToken.None);
        }
    }

    private static Task<QuorateStore> OpenAsync(string folder, FileKeyRing keys) =>
        QuorateStore.OpenAsync(Path.Combine(folder, "quorate.db"), keys, TimeProvider.System);

    private static Task<InProcessBus> StartAsync(QuorateStore store) => InProcessBus.StartAsync(
        ["ann", "bob"],
        new InProcessBusOptions { Journal = store.Messages, Handler = _ => (message, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(message.Payload) },
        CancellationToken.None);

    private static async Task KillAfterAsync(QuorateStore store, string folder, int effects)
    {
        async Task<int> CountAsync() => (await store.Messages.ReadEffectsAsync("bob", 0, int.MaxValue, Token)).Count;
        var before = await CountAsync();
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardError = true, ArgumentList = { "exec", typeof(OutboxCrashTests).Assembly.Location } };
        start.Environment[Role] = folder;
        using var talker = Process.Start(start)!;
        try
        {
            await Wait.UntilAsync(
                async () =>
                {
                    Assert.False(talker.HasExited, talker.HasExited ? await talker.StandardError.ReadToEndAsync(Token) : "");
                    return await CountAsync() >= before + effects;
                },
                Patience,
                "the agents talk");
        }
        finally
        {
            talker.Kill();
            await talker.WaitForExitAsync(CancellationToken.None);
        }
    }
}
