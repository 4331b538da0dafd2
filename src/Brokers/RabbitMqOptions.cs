using Quorate.Contracts;
using Quorate.Protocol.Messaging;

namespace Quorate.Brokers;

/// <summary>Where the broker is, and bounds and times of one agent's link over it.</summary>
public sealed record RabbitMqOptions
{
    /// <summary>amqp://USER:PASSWORD@HOST:PORT/VHOST, or amqps://. Comes from configuration or the environment, and is never shown with its password.</summary>
    public required Uri Address { get; init; }

    /// <summary>Signs this agent's frames and verifies the others'.</summary>
    public required IMessageCrypto Crypto { get; init; }

    /// <summary>0…1, spreads reconnections.</summary>
    public required Func<double> Jitter { get; init; }

    /// <summary>Queues are named PREFIX.AGENT.</summary>
    public string Prefix { get; init; } = "quorate";

    /// <summary>Frames the broker hands over before they are acknowledged; 1…1,000.</summary>
    public ushort Prefetch { get; init; } = 32;

    /// <summary>Frames sent and not yet confirmed by the broker; 1…1,000.</summary>
    public int Outstanding { get; init; } = 32;

    /// <summary>Frames waiting to be sent; more are dropped and repeated. 1…100,000.</summary>
    public int Waiting { get; init; } = 16_384;

    /// <summary>Frames that the queue holds; the broker refuses more, and they are repeated. 1…100,000,000.</summary>
    public int QueueLength { get; init; } = 1_000_000;

    /// <summary>A queue that nobody has used for so long is removed by the broker, with what it holds; null: never. A millisecond to 31 days.</summary>
    public TimeSpan? Expires { get; init; }

    /// <summary>First pause before connecting again; doubles.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromMilliseconds(100);

    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>An attempt to connect takes no longer.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A broker that takes frames and confirms none of them for so long is connected to anew; a second to an hour.</summary>
    public TimeSpan ConfirmTimeout { get; init; } = TimeSpan.FromSeconds(20);

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Messaging for use over a broker: it keeps what it confirmed, so that repeating is for the rare loss.</summary>
    public static MessagingOptions Messaging { get; } = new() { FirstRetry = 15_000, MaxRetry = 120_000, InFlight = 4_096, Window = 8_192, HeldPerSender = 8_192 };

    /// <exception cref="QuorateException">broker_address, or an option out of its range.</exception>
    public RabbitMqOptions Validated()
    {
        if (!Address.IsAbsoluteUri || Address.Scheme is not ("amqp" or "amqps"))
        {
            throw QuorateException.Input("broker_address", "the broker's address is no amqp:// or amqps:// address", "amqp://USER:PASSWORD@HOST:5672/VHOST");
        }

        Range(nameof(Prefetch), Prefetch, 1_000);
        Range(nameof(Outstanding), Outstanding, 1_000);
        Range(nameof(Waiting), Waiting, 100_000);
        Range(nameof(QueueLength), QueueLength, 100_000_000);
        Range(nameof(Expires), (long)(Expires?.TotalMilliseconds ?? 1), 31L * 86_400_000);
        Range(nameof(ConfirmTimeout), (long)ConfirmTimeout.TotalSeconds, 3_600);
        return this;
    }

    /// <summary>The address for people: without user and password.</summary>
    internal string Shown => $"{Address.Scheme}://{Address.Host}:{(Address.Port > 0 ? Address.Port : 5672)}{Address.AbsolutePath}";

    private static void Range(string name, long value, long most)
    {
        if (value < 1 || value > most)
        {
            throw QuorateException.Input("broker_option", $"{name} is {value}; 1 to {most} is allowed");
        }
    }
}
