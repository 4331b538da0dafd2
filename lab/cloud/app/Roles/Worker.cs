using Npgsql;
using Quorate.Lab.Cloud.Data;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Quorate.Lab.Cloud.Roles;

/// <summary>
/// Takes orders from the queue and ships them. A message is acknowledged when its order is shipped; while the database
/// cannot be used it is held, and a message that can never succeed goes back until the broker dead-letters it.
/// </summary>
internal sealed class Worker
{
    private const ushort Prefetch = 10;
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DbTimeout = TimeSpan.FromSeconds(2);

    private readonly RoleHost host;
    private readonly OrderTable table;
    private readonly Calls db;
    private readonly ConnectionFactory factory;
    private readonly ServerAddress queue;
    private bool declared;
    private volatile string? notConsuming = "not connected yet";

    private Worker(RoleHost host)
    {
        ServerAddress address = ServerAddress.Read("DB", "postgresql");
        this.host = host;
        table = new OrderTable(address, "worker");
        db = new Calls("db", address, host);
        queue = ServerAddress.Read("QUEUE", "amqp");
        factory = OrderQueue.Factory(queue, "worker");
        host.Health.Add("db", token => Calls.CheckAsync(t => table.NewestAsync(1, t), token));
        host.Health.Add("queue", _ => notConsuming is { } reason ? throw new IOException(reason) : Task.CompletedTask);
        host.Metrics.Describe("cloud_orders_shipped_total", "Messages whose order is shipped.");
        host.Metrics.Describe("cloud_orders_refused_total", "Deliveries given back because they cannot succeed.");
        host.Metrics.Gauge("cloud_consuming", "1 while messages are being taken from the queue.", () => notConsuming is null ? 1 : 0);
    }

    public static Task<int> RunAsync(RoleHost host) => host.RunAsync(_ => { }, new Worker(host).WorkAsync);

    private async Task WorkAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await ConsumeAsync(stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (Calls.IsServers(failure) || failure is OperationCanceledException)
            {
                notConsuming = Calls.Words(failure);
                host.Metrics.Count("cloud_dependency_errors_total", "dependency", "queue");
                host.Log.Error($"call to queue failed: {notConsuming} ({queue})", failure, ("dependency", "queue"), ("address", queue.ToString()));
            }
            await Task.Delay(AfterFailure, host.Time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Until the connection, the channel or the subscription ends.</summary>
    private async Task ConsumeAsync(CancellationToken stopping)
    {
        await using IConnection connection = await factory.CreateConnectionAsync(stopping);
        await using IChannel channel = await connection.CreateChannelAsync(cancellationToken: stopping);
        if (!declared)
        {
            // Once, when the service starts: whoever deletes the queue later finds it missing.
            await OrderQueue.DeclareAsync(channel, stopping);
            declared = true;
        }
        await channel.BasicQosAsync(0, Prefetch, global: false, stopping);
        var ended = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        channel.ChannelShutdownAsync += (_, e) =>
        {
            ended.TrySetResult($"the channel was closed: {e.ReplyText}");
            return over.CancelAsync();
        };
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) => HandleAsync(channel, delivery, over.Token);
        consumer.UnregisteredAsync += (_, _) =>
        {
            ended.TrySetResult("the subscription was cancelled by the broker");
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(OrderQueue.Name, autoAck: false, consumer, stopping);
        notConsuming = null;
        host.Log.Info("consuming", ("queue", OrderQueue.Name));
        throw new IOException(await ended.Task.WaitAsync(stopping));
    }

    private async Task HandleAsync(IChannel channel, BasicDeliverEventArgs delivery, CancellationToken over)
    {
        try
        {
            if (OrderQueue.Read(delivery.Body) is not { } message)
            {
                await RefuseAsync(channel, delivery, "it is no order's message", requeue: false, over);
            }
            else if (await ShipAsync(message.OrderId, over))
            {
                host.Metrics.Count("cloud_orders_shipped_total");
                await channel.BasicAckAsync(delivery.DeliveryTag, multiple: false, over);
            }
            else
            {
                await RefuseAsync(channel, delivery, $"there is no order {message.OrderId}", requeue: true, over);
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException || Calls.IsServers(failure))
        {
            // The channel is over: the broker gives the message out again.
        }
    }

    /// <summary>False when there is no such order; any other failure is waited out.</summary>
    private async Task<bool> ShipAsync(long id, CancellationToken over)
    {
        while (true)
        {
            try
            {
                await db.CallAsync(DbTimeout, token => table.ShipAsync(id, token), over);
                return true;
            }
            catch (DependencyException failure)
            {
                if (failure.InnerException is PostgresException { SqlState: PostgresErrorCodes.ForeignKeyViolation })
                {
                    return false;
                }
                await Task.Delay(AfterFailure, host.Time, over);
            }
        }
    }

    private async Task RefuseAsync(IChannel channel, BasicDeliverEventArgs delivery, string why, bool requeue, CancellationToken over)
    {
        host.Metrics.Count("cloud_orders_refused_total");
        host.Log.Warn($"message refused: {why}", null, ("requeued", requeue ? "yes" : "no"), ("redelivered", delivery.Redelivered ? "yes" : "no"));
        await channel.BasicNackAsync(delivery.DeliveryTag, multiple: false, requeue, over);
    }
}
