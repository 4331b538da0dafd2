using Quorate.Storage;
using Quorate.Storage.Keys;
using Quorate.Tests.Integration.Cli;
using Quorate.Transport.Messaging;

namespace Quorate.Tests.Integration.Messaging;

public sealed class OutboxCrashTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1_000)]
    [InlineData(15_000)]
    public async Task Agents_KilledInTheMiddle_LoseNothingAndDoNothingTwice(int effects)
    {
        // The durable benchmark is two agents on SQLite; its store stays behind when it is killed.
        using var cli = new QuorateCli();
        cli.Environment["TMPDIR"] = cli.Home;
        using var talker = cli.Start("bench", "messaging", "--messages", "1000", "--durable", "1000000");
        string folder;
        try
        {
            folder = await StoreFolderAsync(cli.Home);
            using var keys = FileKeyRing.Open(Path.Combine(folder, "keys"), TimeProvider.System, passphrase: null);
            await using var store = await OpenAsync(folder, keys);
            await Wait.UntilAsync(async () => (await store.Messages.ReadEffectsAsync("b", 0, effects, Token)).Count == effects, Patience, "the agents talk");
            Assert.False(talker.HasExited);
        }
        finally
        {
            talker.Kill();
            await talker.WaitForExitAsync(CancellationToken.None);
        }

        await CheckAsync(folder);
    }

    private static async Task CheckAsync(string folder)
    {
        using var keys = FileKeyRing.Open(Path.Combine(folder, "keys"), TimeProvider.System, passphrase: null);
        await using var store = await OpenAsync(folder, keys);
        var options = new InProcessBusOptions { Journal = store.Messages, Handler = _ => (message, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(message.Payload) };
        await using (var bus = await InProcessBus.StartAsync(["a", "b"], options, Token))
        {
            await Wait.UntilAsync(async () => (await bus["a"].CountAsync(Token)).Outbox == 0, Patience, "the rest arrives");
        }

        var effects = await store.Messages.ReadEffectsAsync("b", 0, int.MaxValue, Token);
        var sent = (await store.Messages.LoadAsync("a", Token)).Sequences;
        Assert.Equal(8, sent.Count);
        foreach (var (_, conversation, last) in sent)
        {
            var sequences = effects.Where(e => e.Conversation == conversation).Select(e => e.Sequence);
            Assert.Equal(Enumerable.Range(1, (int)last).Select(n => (long)n), sequences);
        }
    }

    private static async Task<string> StoreFolderAsync(string home)
    {
        string? file = null;
        await Wait.UntilAsync(
            () =>
            {
                file = Directory.EnumerateFiles(home, "quorate.db.head", SearchOption.AllDirectories).Concat(Directory.EnumerateFiles(home, "quorate.db-wal", SearchOption.AllDirectories)).FirstOrDefault();
                return file is not null;
            },
            Patience,
            "the store is made");
        return Path.GetDirectoryName(file)!;
    }

    private static Task<QuorateStore> OpenAsync(string folder, FileKeyRing keys) =>
        QuorateStore.OpenAsync(Path.Combine(folder, "quorate.db"), keys, TimeProvider.System, cancellationToken: Token);
}
