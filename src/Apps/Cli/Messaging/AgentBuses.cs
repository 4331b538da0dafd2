using System.Security.Cryptography;
using Quorate.Brokers;
using Quorate.Contracts;
using Quorate.Engine.Messages;
using Quorate.Engine.Panels;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;
using Quorate.Protocol.Messaging;
using Quorate.Transport.Messaging;
using RabbitMQ.Client.Exceptions;

namespace Quorate.Cli.Messaging;

/// <summary>Real-time buses of a run: within the process, or over RabbitMQ, with the store as the agents' journal.</summary>
internal static class AgentBuses
{
    /// <summary>Queues of a run that ended without a word are removed by the broker.</summary>
    private static readonly TimeSpan QueuesExpire = TimeSpan.FromHours(1);

    /// <summary>Agents say little and wait for each other: what a broker lost when it died is worth repeating after seconds, until the round's conversation is closed.</summary>
    private static readonly MessagingOptions OverBroker = RabbitMqOptions.Messaging with { FirstRetry = 2_000, MaxRetry = 10_000, MaxAttempts = 1_000 };

    private static readonly TimeSpan Start = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    /// <param name="names">The agents, and the engine last.</param>
    /// <param name="links">What is done to the links; null: nothing.</param>
    /// <param name="journal">Null: in memory only.</param>
    /// <param name="time">Of everything.</param>
    /// <param name="token">Ends the start.</param>
    public static Task<EndpointBus> InProcessAsync(IReadOnlyList<string> names, Func<string, string, Passage>? links, IMessageJournal? journal, TimeProvider time, CancellationToken token) =>
        EndpointBus.StartAsync(time, async handler =>
        {
            var bus = await InProcessBus.StartAsync(names, new InProcessBusOptions
            {
                Handler = _ => handler,
                Messaging = AgentBusMessaging.Local,
                Journal = journal,
                Time = time,
                Before = links is null ? null : link => new FaultyLink(link, links, time),
            }, token);
            return (bus.Agents, bus);
        });

    /// <param name="address">Of the broker.</param>
    /// <param name="run">Names the run's queues.</param>
    /// <param name="keys">Of the agents; they sign frames.</param>
    /// <param name="names">The agents, and the engine last.</param>
    /// <param name="links">What is done to the links; null: nothing.</param>
    /// <param name="journal">Null: in memory only.</param>
    /// <param name="time">Of everything.</param>
    /// <param name="token">Ends the start.</param>
    public static Task<EndpointBus> RabbitMqAsync(Uri address, string run, IMemberKeys keys, IReadOnlyList<string> names, Func<string, string, Passage>? links, IMessageJournal? journal, TimeProvider time, CancellationToken token) =>
        EndpointBus.StartAsync(time, async handler =>
        {
            var owner = new Queues(address, run, names, keys.Open(names));
            try
            {
                foreach (var (i, name) in names.Index())
                {
                    IMessageLink link = new RabbitMqLink(name, owner.OptionsOf(i, time));
                    link = links is null ? link : new FaultyLink(link, links, time);
                    owner.Endpoints.Add(await MessageEndpoint.StartAsync(name, link, new MessageEndpointOptions { Messaging = OverBroker, Handler = handler, Journal = journal, Time = time, Seed = (ulong)i + 1 }, token));
                }

                return (owner.Endpoints, owner);
            }
            catch
            {
                await owner.DisposeAsync();
                throw;
            }
        });

    /// <summary>Until all links are up.</summary>
    /// <exception cref="QuorateException">Missing: broker_unreachable.</exception>
    public static async Task MustBeUpAsync(EndpointBus bus, TimeProvider time, CancellationToken token)
    {
        if (!await bus.UntilAsync(() => bus.IsUp, Start.TotalMilliseconds, () => [Task.Delay(Poll, time, token)], token))
        {
            throw QuorateException.Missing("broker_unreachable", $"messages cannot travel: {bus.Trouble ?? "the broker does not answer"}", "start the broker, or leave --broker and QUORATE_BROKER out: messages then stay in this process");
        }
    }

    /// <summary>A run's endpoints and queues on a broker.</summary>
    private sealed class Queues : IAsyncDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

        private readonly Uri _address;
        private readonly string _prefix;
        private readonly IReadOnlyList<string> _names;
        private readonly IReadOnlyList<ECDsa> _keys;
        private readonly List<P256Crypto> _cryptos = [];
        private readonly KeyDirectory _directory;

        public Queues(Uri address, string run, IReadOnlyList<string> names, IReadOnlyList<ECDsa> keys)
        {
            (_address, _prefix, _names, _keys) = (address, "quorate." + run, names, keys);
            var agents = keys.Take(keys.Count - 1).Select(P256Crypto.PublicKey).ToList();
            _directory = KeyDirectory.Create("messages-" + run, Membership.Largest(agents.Count).Faults, agents, [P256Crypto.PublicKey(keys[^1])]);
        }

        public List<MessageEndpoint> Endpoints { get; } = [];

        public RabbitMqOptions OptionsOf(int agent, TimeProvider time)
        {
            var crypto = new P256Crypto(_directory, agent, _keys[agent]);
            _cryptos.Add(crypto);
            return new RabbitMqOptions
            {
                Address = _address,
                Crypto = new NamedCrypto(crypto, _directory, _names),
                Jitter = () => RandomNumberGenerator.GetInt32(1_000) / 1_000.0,
                Prefix = _prefix,
                Expires = QueuesExpire,
                Time = time,
            };
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var endpoint in Endpoints)
            {
                await endpoint.DisposeAsync();
            }

            await DeleteAsync();
            _cryptos.ForEach(c => c.Dispose());
            foreach (var key in _keys)
            {
                key.Dispose();
            }
        }

        private async Task DeleteAsync()
        {
            using var soon = new CancellationTokenSource(Patience);
            try
            {
                await BareRabbitMq.DeleteAsync(_address, [.. _names.Select(n => $"{_prefix}.{n}")], soon.Token);
            }
            catch (Exception e) when (e is QuorateException or RabbitMQClientException or IOException or OperationCanceledException)
            {
                // The broker is gone; it removes them itself when they have expired.
            }
        }
    }
}
