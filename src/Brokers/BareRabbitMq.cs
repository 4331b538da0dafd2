using System.Diagnostics;
using Quorate.Contracts;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace Quorate.Brokers;

/// <summary>What RabbitMQ's own client does with the same guarantees, one message at a time: for comparison.</summary>
public static class BareRabbitMq
{
    private const int Outstanding = 512;

    /// <summary>Publishes to a quorum queue with confirms, consumes with manual acknowledgement; messages a second to the last one.</summary>
    /// <exception cref="QuorateException">broker_unreachable.</exception>
    public static async Task<double> RunAsync(Uri address, string queue, int messages, int payloadBytes, CancellationToken token)
    {
        await using var publishing = await ConnectAsync(address, token);
        await using var consuming = await ConnectAsync(address, token);
        await using var publisher = await publishing.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), token);
        await using var consumer = await consuming.CreateChannelAsync(cancellationToken: token);
        await consumer.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" }, cancellationToken: token);
        await consumer.BasicQosAsync(0, Outstanding, global: false, token);
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var count = 0;
        var incoming = new AsyncEventingBasicConsumer(consumer);
        incoming.ReceivedAsync += async (_, delivery) =>
        {
            await consumer.BasicAckAsync(delivery.DeliveryTag, multiple: false);
            if (++count == messages)
            {
                all.TrySetResult();
            }
        };
        await consumer.BasicConsumeAsync(queue, autoAck: false, incoming, token);
        var start = Stopwatch.GetTimestamp();
        using var slots = new SemaphoreSlim(Outstanding);
        var (payload, properties) = (new byte[payloadBytes], new BasicProperties { DeliveryMode = DeliveryModes.Persistent });
        var published = new List<Task>(messages);
        for (var i = 0; i < messages; i++)
        {
            await slots.WaitAsync(token);
            published.Add(PublishAsync());
        }

        await Task.WhenAll(published);
        await all.Task.WaitAsync(token);
        return Math.Round(messages / Stopwatch.GetElapsedTime(start).TotalSeconds);

        async Task PublishAsync()
        {
            try
            {
                await publisher.BasicPublishAsync("", queue, mandatory: true, properties, payload, token);
            }
            finally
            {
                slots.Release();
            }
        }
    }

    /// <summary>Removes queues and what they hold.</summary>
    public static async Task DeleteAsync(Uri address, IReadOnlyList<string> queues, CancellationToken token)
    {
        await using var connection = await ConnectAsync(address, token);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: token);
        foreach (var queue in queues)
        {
            await channel.QueueDeleteAsync(queue, ifUnused: false, ifEmpty: false, cancellationToken: token);
        }
    }

    private static async Task<IConnection> ConnectAsync(Uri address, CancellationToken token)
    {
        try
        {
            return await new ConnectionFactory { Uri = address, AutomaticRecoveryEnabled = false }.CreateConnectionAsync(token);
        }
        catch (BrokerUnreachableException e)
        {
            var why = e.InnerException is AuthenticationFailureException or PossibleAuthenticationFailureException ? "refuses the user or the password" : "does not answer";
            throw QuorateException.Missing("broker_unreachable", $"the broker {address.Host}:{address.Port} {why}", "amqp://USER:PASSWORD@HOST:5672/", e);
        }
    }
}
