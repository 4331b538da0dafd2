using Quorate.Brokers;
using Quorate.Protocol.Consensus.Crypto;
using Quorate.Protocol.Messaging;
using Quorate.Storage;
using Quorate.Storage.Keys;
using Quorate.Transport;
using Quorate.Transport.Messaging;

namespace Quorate.Tests.Integration.Messaging;

[Collection(RabbitMqTestGroup.Name)]
public sealed class RabbitMqTests(RabbitMqFixture broker) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>What a broker loses as it starts again is repeated after pauses that double.</summary>
    private static readonly TimeSpan LongPatience = TimeSpan.FromMinutes(4);
    private static readonly string[] Names = ["ann", "bob", "mallory"];

    private readonly string folder = Directory.CreateTempSubdirectory("quorate-messages-").FullName;
    private readonly KeyPairs keys = KeyPairs.Generate("test", 1, 0, 2);
    private readonly List<P256Crypto> cryptos = [];
    private readonly string prefix = "test-" + Path.GetRandomFileName();
    private FileKeyRing ring = null!;
    private QuorateStore store = null!;
    private int handled;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        ring = FileKeyRing.Open(Path.Combine(folder, "keys"), TimeProvider.System, passphrase: null);
        store = await QuorateStore.OpenAsync(Path.Combine(folder, "quorate.db"), ring, TimeProvider.System, cancellationToken: Token);
    }

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        ring.Dispose();
        cryptos.ForEach(c => c.Dispose());
        keys.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Broker_KilledInTheMiddleOfAHundredThousand_LosesNoneAndDoublesNone()
    {
        const int Messages = 100_000;
        const int Burst = 250;
        await using var bob = await StartAsync("bob", broker.Address);
        await using var ann = await StartAsync("ann", broker.Address);
        var sending = Task.Run(
            async () =>
            {
                for (var i = 0; i < Messages; i += Burst)
                {
                    await ann.SendAsync([.. Enumerable.Range(i, Burst).Select(n => new MessageDraft($"c{n % 4}", ["bob"], BitConverter.GetBytes(n)))], Token);
                }
            },
            Token);
        await Wait.UntilAsync(() => Volatile.Read(ref handled) > Messages / 5, Patience, "a fifth arrived");
        await broker.KillAsync();
        var before = Volatile.Read(ref handled);
        Assert.InRange(before, Messages / 5, Messages - 1);
        await Wait.UntilAsync(() => ann.Link.State == LinkState.Down, Patience, "the link notices");
        Assert.Contains("the broker amqp://127.0.0.1:", ann.Link.Reason, StringComparison.Ordinal);
        await broker.StartAsync();
        await sending;
        await Wait.UntilAsync(async () => (await ann.CountAsync(Token)).Outbox == 0, LongPatience, "everything is acknowledged");

        // Each once, and each conversation in its order: by what is in the store.
        var seen = new HashSet<int>();
        var last = new Dictionary<string, long>();
        for (var after = 0L; ;)
        {
            var page = await store.Messages.ReadEffectsAsync("bob", after, 10_000, Token);
            if (page.Count == 0)
            {
                break;
            }

            foreach (var effect in page)
            {
                Assert.True(seen.Add(BitConverter.ToInt32(effect.Content)));
                Assert.Equal(last.GetValueOrDefault(effect.Conversation) + 1, effect.Sequence);
                last[effect.Conversation] = effect.Sequence;
            }

            after = page[^1].Id;
        }

        Assert.Equal(Messages, seen.Count);
        Assert.Equal(Messages, handled);
        Assert.Empty(await ann.DeadLettersAsync(Token));
    }

    [Fact]
    public async Task Broker_RefusingThePassword_IsSaidAndNothingIsLost()
    {
        await using (var ann = await StartAsync("ann", broker.WrongAddress))
        {
            await ann.SendAsync(new MessageDraft("c", ["bob"], "kept"u8.ToArray()), Token);
            await Wait.UntilAsync(() => ann.Link.State == LinkState.Down, Patience, "the link is down");
            Assert.Contains("refuses the user or the password", ann.Link.Reason, StringComparison.Ordinal);
            Assert.DoesNotContain("wrong", ann.Link.Reason, StringComparison.Ordinal);
            Assert.Equal((1, 1, 0), await ann.CountAsync(Token));
        }

        await using var again = await StartAsync("ann", broker.Address);
        await using var bob = await StartAsync("bob", broker.Address);
        await Wait.UntilAsync(async () => (await again.CountAsync(Token)).Outbox == 0, Patience, "it arrives with the right one");
        Assert.Equal("kept"u8.ToArray(), Assert.Single(await store.Messages.ReadEffectsAsync("bob", 0, 10, Token)).Content);
    }

    [Fact]
    public async Task Broker_OutOfDisk_BlocksAndGoesOn()
    {
        await using var ann = await StartAsync("ann", broker.Address);
        await using var bob = await StartAsync("bob", broker.Address);
        await Wait.UntilAsync(() => ann.Link.State == LinkState.Up, Patience, "the link is up");
        await broker.ControlAsync("set_disk_free_limit", "1000000GB");
        try
        {
            // The broker says so to who publishes.
            await ann.SendAsync(new MessageDraft("c", ["bob"], "one"u8.ToArray()), Token);
            await Wait.UntilAsync(() => ann.Link.State == LinkState.Blocked, Patience, "the link is blocked");
            Assert.Contains("takes no messages: low on disk", ann.Link.Reason, StringComparison.Ordinal);
            await ann.SendAsync(new MessageDraft("c", ["bob"], "two"u8.ToArray()), Token);
        }
        finally
        {
            await broker.ControlAsync("set_disk_free_limit", "50MB");
        }

        await Wait.UntilAsync(async () => (await ann.CountAsync(Token)).Outbox == 0, Patience, "both arrive");
        Assert.Equal(LinkState.Up, ann.Link.State);
        Assert.Equal([1L, 2L], (await store.Messages.ReadEffectsAsync("bob", 0, 10, Token)).Select(e => e.Sequence));
    }

    [Fact]
    public async Task Queue_DeletedUnderItsAgent_IsMadeAgainAndNothingIsLost()
    {
        await using var bob = await StartAsync("bob", broker.Address);
        await using var ann = await StartAsync("ann", broker.Address);
        await ann.SendAsync(new MessageDraft("c", ["bob"], "one"u8.ToArray()), Token);
        await Wait.UntilAsync(async () => (await ann.CountAsync(Token)).Outbox == 0, Patience, "the first arrives");
        await broker.ControlAsync("delete_queue", $"{prefix}.bob");
        await ann.SendAsync(new MessageDraft("c", ["bob"], "two"u8.ToArray()), Token);
        await Wait.UntilAsync(async () => (await ann.CountAsync(Token)).Outbox == 0, Patience, "the second arrives");
        Assert.Equal(2, handled);
    }

    [Fact]
    public async Task Frame_OfAnotherAgentInSomeonesName_IsRejected()
    {
        var link = new RabbitMqLink("bob", Options("bob", broker.Address));
        await using var bob = await StartAsync("bob", link);
        await using var mallory = new RabbitMqLink("mallory", Options("mallory", broker.Address));
        await mallory.StartAsync(new NoFrames(), Token);
        await Wait.UntilAsync(() => mallory.Status.State == LinkState.Up, Patience, "the link is up");
        var forged = new AgentMessage { Sender = "ann", Receiver = "bob", Conversation = "c", Sequence = 1, Deadline = long.MaxValue };
        mallory.Send(new MessageFrame("ann", "bob", [forged], []));
        await Wait.UntilAsync(() => link.Rejected == 1, Patience, "the frame is rejected");

        // Under its own name it gets no further: the message says another sender.
        mallory.Send(new MessageFrame("mallory", "bob", [forged], []));
        await Wait.UntilAsync(() => bob.Counters.Forged == 1, Patience, "the message is dropped");
        Assert.Equal(0, handled);
    }

    private Task<MessageEndpoint> StartAsync(string name, Uri address) => StartAsync(name, new RabbitMqLink(name, Options(name, address)));

    private Task<MessageEndpoint> StartAsync(string name, RabbitMqLink link) => MessageEndpoint.StartAsync(
        name,
        link,
        new MessageEndpointOptions
        {
            Journal = store.Messages,
            // What the broker lost as it died is repeated after seconds, so that nobody waits for it here.
            Messaging = RabbitMqOptions.Messaging with { OutboxPerReceiver = RabbitMqOptions.Messaging.OutboxMessages, FirstRetry = 4_000, MaxRetry = 15_000, MaxAttempts = 1_000 },
            Handler = (message, _, _) =>
            {
                Interlocked.Increment(ref handled);
                return ValueTask.FromResult<ReadOnlyMemory<byte>?>(message.Payload);
            },
        },
        Token);

    private RabbitMqOptions Options(string name, Uri address)
    {
        var crypto = keys.CryptoOf(Array.IndexOf(Names, name));
        cryptos.Add(crypto);
        return new RabbitMqOptions { Address = address, Prefix = prefix, Jitter = () => 0.5, Crypto = new NamedCrypto(crypto, keys.Directory, Names) };
    }

    private sealed class NoFrames : IFrameReceiver
    {
        public ValueTask ReceiveAsync(MessageFrame frame, Action? handled, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public void LinkChanged()
        {
            // Nobody waits for it.
        }
    }
}
