using System.Diagnostics;
using Quorate.Brokers;
using Quorate.Contracts;
using Quorate.Protocol.Messaging;
using Quorate.Transport;
using Quorate.Transport.Messaging;

namespace Quorate.Cli.Bench;

/// <summary>Messages a second, from the first call to the last handler's end; null where it was not measured.</summary>
internal sealed record MessagingBenchDocument(
    int Messages, int DurableMessages, int PayloadBytes, double VirtualPerS, double InProcessPerS, double DurablePerS, double? RabbitmqPerS, double? RabbitmqBarePerS, int BrokerMessages);

/// <summary>Two agents, several strictly ordered conversations, and everything on the way: numbers, receipts, copies removed.</summary>
internal sealed class MessagingBenchmark(TimeProvider time, int payloadBytes)
{
    private const int Conversations = 8;
    private const int Burst = 128;

    private readonly byte[] payload = [.. Enumerable.Range(0, payloadBytes).Select(i => (byte)i)];

    /// <summary>In virtual time, by one thread.</summary>
    public double Virtual(int messages)
    {
        var bus = new VirtualBus(["a", "b"]);
        var handled = 0;
        bus["b"].Handler = _ => ++handled > 0;
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < messages; i++)
        {
            bus["a"].Send(Draft(i));
            if (i % Burst == 0)
            {
                bus.Run(bus.Now);
            }
        }

        bus.Run(bus.Now);
        return Rate(handled == messages ? messages : throw Incomplete(handled, messages), start);
    }

    public async Task<double> InProcessAsync(int messages, IMessageJournal? journal, CancellationToken token)
    {
        var arrivals = new Arrivals(messages, journal is not null);
        var options = new InProcessBusOptions { Handler = _ => arrivals.Handle, Journal = journal, Messaging = new MessagingOptions { OutboxMessages = messages, OutboxPerReceiver = messages }, Time = time };
        await using var bus = await InProcessBus.StartAsync(["a", "b"], options, token);
        return await SendAllAsync(bus["a"], arrivals, messages, token);
    }

    public async Task<double> BrokerAsync(int messages, Uri address, string prefix, CancellationToken token)
    {
        using var keys = KeyPairs.Generate("bench", 1, 0, 1);
        using var first = keys.CryptoOf(0);
        using var second = keys.CryptoOf(1);
        RabbitMqLink Link(string agent, Protocol.Consensus.Crypto.P256Crypto crypto) => new(agent, new RabbitMqOptions
        {
            Address = address, Prefix = prefix, Time = time, Jitter = () => 0.5, Crypto = new NamedCrypto(crypto, keys.Directory, ["a", "b"]),
        });
        var arrivals = new Arrivals(messages, false);
        var options = new MessageEndpointOptions { Handler = arrivals.Handle, Messaging = RabbitMqOptions.Messaging with { OutboxMessages = messages, OutboxPerReceiver = messages }, Time = time };
        await using var b = await MessageEndpoint.StartAsync("b", Link("b", second), options, token);
        await using var a = await MessageEndpoint.StartAsync("a", Link("a", first), options, token);
        await UpAsync(a, token);
        await UpAsync(b, token);
        return await SendAllAsync(a, arrivals, messages, token);
    }

    private async Task UpAsync(MessageEndpoint endpoint, CancellationToken token)
    {
        var start = time.GetTimestamp();
        while (endpoint.Link.State != LinkState.Up)
        {
            if (time.GetElapsedTime(start) > TimeSpan.FromSeconds(10))
            {
                throw QuorateException.Missing("broker_unreachable", endpoint.Link.Reason ?? "the broker does not answer within 10 s", "check --broker: amqp://USER:PASSWORD@HOST:5672/");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), time, token);
        }
    }

    private async Task<double> SendAllAsync(MessageEndpoint from, Arrivals arrivals, int messages, CancellationToken token)
    {
        var next = 0;
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Conversations).Select(_ => Task.Run(
            async () =>
            {
                for (var at = Interlocked.Add(ref next, Burst) - Burst; at < messages; at = Interlocked.Add(ref next, Burst) - Burst)
                {
                    await from.SendAsync([.. Enumerable.Range(at, Math.Min(Burst, messages - at)).Select(Draft)], token);
                }
            },
            token)));
        await arrivals.All.WaitAsync(token);
        return Rate(messages, start);
    }

    private MessageDraft Draft(int i) => new($"c{i / Burst % Conversations}", ["b"], payload);

    private static double Rate(int messages, long start) => Math.Round(messages / Stopwatch.GetElapsedTime(start).TotalSeconds);

    private static QuorateException Incomplete(int handled, int messages) =>
        QuorateException.Missing("benchmark_invalid", $"{handled} of {messages} messages were handled", "report this with your options");

    private sealed class Arrivals(int expected, bool isKept)
    {
        private readonly TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int count;

        internal Task All => all.Task;

        internal ValueTask<ReadOnlyMemory<byte>?> Handle(AgentMessage message, MessageContext context, CancellationToken token)
        {
            if (Interlocked.Increment(ref count) == expected)
            {
                all.TrySetResult();
            }

            return ValueTask.FromResult<ReadOnlyMemory<byte>?>(isKept ? message.Payload : null);
        }
    }
}
