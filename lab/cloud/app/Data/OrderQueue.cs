using System.Text.Json;
using RabbitMQ.Client;

namespace Quorate.Lab.Cloud.Data;

/// <summary>The queue of orders in RabbitMQ and where its messages end that cannot be worked on.</summary>
internal static class OrderQueue
{
    public const string Name = "orders";
    public const string DeadLetters = "orders.dead";

    /// <summary>Deliveries after the first; then the message is dead-lettered.</summary>
    private const int MaxRedeliveries = 5;
    private const int MaxMessages = 10_000;
    private const int MaxDeadLetters = 1_000;

    public static ConnectionFactory Factory(ServerAddress address, string name) => new()
    {
        HostName = address.Host,
        Port = address.Port,
        UserName = address.User,
        Password = address.Password,
        ClientProvidedName = name,
        AutomaticRecoveryEnabled = false,
        RequestedConnectionTimeout = TimeSpan.FromSeconds(1),
        SocketReadTimeout = TimeSpan.FromSeconds(5),
        ContinuationTimeout = TimeSpan.FromSeconds(2),
        HandshakeContinuationTimeout = TimeSpan.FromSeconds(2),
        RequestedHeartbeat = TimeSpan.FromSeconds(5),
    };

    /// <summary>Makes what is not there; what is there otherwise is refused by the broker (PRECONDITION_FAILED).</summary>
    public static async Task DeclareAsync(IChannel channel, CancellationToken cancellationToken)
    {
        await channel.ExchangeDeclareAsync(DeadLetters, ExchangeType.Fanout, durable: true, cancellationToken: cancellationToken);
        await channel.QueueDeclareAsync(DeadLetters, durable: true, exclusive: false, autoDelete: false,
            new Dictionary<string, object?> { ["x-max-length"] = MaxDeadLetters }, cancellationToken: cancellationToken);
        await channel.QueueBindAsync(DeadLetters, DeadLetters, "", cancellationToken: cancellationToken);
        await channel.QueueDeclareAsync(Name, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?>
        {
            ["x-queue-type"] = "quorum",
            ["x-delivery-limit"] = MaxRedeliveries,
            ["x-dead-letter-exchange"] = DeadLetters,
            ["x-max-length"] = MaxMessages,
            ["x-overflow"] = "reject-publish",
        }, cancellationToken: cancellationToken);
    }

    public static byte[] Write(long id) => JsonSerializer.SerializeToUtf8Bytes(new OrderMessage(id), CloudJson.Default.OrderMessage);

    /// <summary>Null when the body is no such message.</summary>
    public static OrderMessage? Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body.Span, CloudJson.Default.OrderMessage) is { OrderId: > 0 } message ? message : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
