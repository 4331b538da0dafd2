using System.Collections.Concurrent;
using Quorate.Contracts;
using Quorate.Protocol.Messaging;

namespace Quorate.Transport.Messaging;

/// <summary>Agents of one process.</summary>
public sealed record InProcessBusOptions
{
    /// <summary>An agent's handler.</summary>
    public required Func<string, MessageHandler> Handler { get; init; }

    public MessagingOptions Messaging { get; init; } = new();

    /// <summary>Where all of them keep their outboxes; null: in memory only.</summary>
    public IMessageJournal? Journal { get; init; }

    /// <summary>Each message carries its sender's signature, with fresh keys unless <see cref="Keys"/> gives some. The bus vouches for the sender either way.</summary>
    public bool IsSigned { get; init; }

    /// <summary>Keys of the agents in the order of their names; they stay the caller's.</summary>
    public KeyPairs? Keys { get; init; }

    /// <summary>What stands before an agent's link, for drills; null: nothing.</summary>
    public Func<IMessageLink, IMessageLink>? Before { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Of the retry schedules' jitter.</summary>
    public ulong Seed { get; init; } = 1;
}

/// <summary>Named agents in one process, each with a loop of its own and a bounded inbox.</summary>
public sealed class InProcessBus : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, MessageEndpoint> endpoints = new();
    private readonly List<IDisposable> owned = [];

    private InProcessBus()
    {
    }

    /// <exception cref="QuorateException">agent_unknown.</exception>
    public MessageEndpoint this[string name] => endpoints.TryGetValue(name, out var endpoint) ? endpoint
        : throw QuorateException.Input("agent_unknown", $"there is no agent '{name}' on the bus", $"its agents: {string.Join(", ", endpoints.Keys)}");

    public IEnumerable<MessageEndpoint> Agents => endpoints.Values;

    /// <exception cref="QuorateException">A wrong name or option, a name used twice, keys that don't fit, a store that cannot be used.</exception>
    public static async Task<InProcessBus> StartAsync(IReadOnlyList<string> names, InProcessBusOptions options, CancellationToken cancellationToken)
    {
        var bus = new InProcessBus();
        try
        {
            var keys = options.Keys;
            if (keys is null && options.IsSigned)
            {
                bus.owned.Add(keys = KeyPairs.Generate("bus", 1, 0, names.Count - 1));
            }

            for (var i = 0; i < names.Count; i++)
            {
                if (bus.endpoints.ContainsKey(names[i]))
                {
                    throw QuorateException.Input("agent_named_twice", $"two agents are named '{names[i]}'", "every agent needs a name of its own");
                }

                bus.endpoints[names[i]] = await MessageEndpoint.StartAsync(names[i], options.Before?.Invoke(new Link(bus)) ?? new Link(bus), bus.OptionsOf(i, names, keys, options), cancellationToken);
            }

            return bus;
        }
        catch
        {
            await bus.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var endpoint in endpoints.Values)
        {
            await endpoint.DisposeAsync();
        }

        for (var i = owned.Count - 1; i >= 0; i--)
        {
            owned[i].Dispose();
        }
    }

    private MessageEndpointOptions OptionsOf(int i, IReadOnlyList<string> names, KeyPairs? keys, InProcessBusOptions options)
    {
        NamedCrypto? crypto = null;
        if (keys is not null)
        {
            var own = keys.CryptoOf(i);
            owned.Add(own);
            crypto = new NamedCrypto(own, keys.Directory, names);
        }

        return new MessageEndpointOptions
        {
            Handler = options.Handler(names[i]),
            Messaging = options.Messaging,
            Journal = options.Journal,
            Crypto = crypto,
            Time = options.Time,
            Seed = options.Seed + (ulong)i,
        };
    }

    /// <summary>Hands frames over. Only the endpoint that owns it has it, so who a frame is from needs no proof.</summary>
    private sealed class Link(InProcessBus bus) : IMessageLink
    {
        public LinkStatus Status => new(LinkState.Up);

        public Task StartAsync(IFrameReceiver receiver, CancellationToken cancellationToken) => Task.CompletedTask;

        public void Send(MessageFrame frame)
        {
            // Not there yet while the bus starts, or full: the message is repeated.
            if (bus.endpoints.TryGetValue(frame.To, out var endpoint))
            {
                endpoint.TryReceive(frame);
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
