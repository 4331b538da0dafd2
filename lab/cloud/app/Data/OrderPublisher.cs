using RabbitMQ.Client;

namespace Quorate.Lab.Cloud.Data;

/// <summary>Sends orders' messages, each confirmed by the broker before the call returns. Connects when needed. Thread-safe.</summary>
// CA1001: built once at start-up; the connection lives as long as the process does.
#pragma warning disable CA1001
internal sealed class OrderPublisher
#pragma warning restore CA1001
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(800);
    private static readonly BasicProperties Lasting = new() { DeliveryMode = DeliveryModes.Persistent, ContentType = "application/json" };

    private readonly ConnectionFactory factory;
    private readonly Calls calls;
    private readonly RoleHost host;
    private readonly SemaphoreSlim gate = new(1);
    private IConnection? connection;
    private IChannel? channel;
    private Task<IChannel>? opening;
    private bool declared;
    private volatile string? blocked;

    public OrderPublisher(ServerAddress address, RoleHost host)
    {
        this.host = host;
        factory = OrderQueue.Factory(address, "api");
        calls = new Calls("queue", address, host);
        host.Health.Add("queue", token => Calls.CheckAsync(CheckAsync, token));
    }

    /// <exception cref="DependencyException">The broker did not confirm it; it may still have it.</exception>
    public Task PublishAsync(long id, CancellationToken cancellationToken) => calls.CallAsync(Timeout, async token =>
    {
        await UseAsync(async open =>
        {
            // Mandatory: a message that no queue takes comes back as a failure.
            await open.BasicPublishAsync("", OrderQueue.Name, mandatory: true, Lasting, OrderQueue.Write(id), token);
        }, token);
        return true;
    }, cancellationToken);

    /// <summary>Asks for the queue without making it, so that one that was deleted is noticed.</summary>
    private Task CheckAsync(CancellationToken cancellationToken) => UseAsync(async open =>
    {
        await open.QueueDeclarePassiveAsync(OrderQueue.Name, cancellationToken);
    }, cancellationToken);

    /// <summary>A channel that failed is closed by the broker, and one that was cancelled is in doubt: neither is used again.</summary>
    private async Task UseAsync(Func<IChannel, Task> use, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (connection is { IsOpen: true } && blocked is { } reason)
            {
                // The broker reads nothing from a connection that it blocks, so it would not answer either.
                throw new IOException($"publishers are blocked: {reason}");
            }
            await UseAsync(await OpenAsync(cancellationToken), use);
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task UseAsync(IChannel open, Func<IChannel, Task> use)
    {
        try
        {
            await use(open);
        }
        catch (Exception)
        {
            channel = null;
            if (blocked is null)
            {
                await CloseAsync(open);
            }
            throw;
        }
    }

    /// <summary>Opening goes on when a caller stops waiting: a handshake that is broken off is an error in the broker's log.</summary>
    private async Task<IChannel> OpenAsync(CancellationToken cancellationToken)
    {
        if (channel is { IsOpen: true } open)
        {
            return open;
        }
        if (opening is null or { IsCompleted: true })
        {
            opening = ConnectAsync();
        }
        return channel = await opening.WaitAsync(cancellationToken);
    }

    /// <summary>Bounded by the factory's timeouts.</summary>
    private async Task<IChannel> ConnectAsync()
    {
        if (connection is not { IsOpen: true })
        {
            connection?.Dispose();
            (connection, blocked) = (null, null);
            connection = await factory.CreateConnectionAsync(CancellationToken.None);
            connection.ConnectionBlockedAsync += (_, e) =>
            {
                blocked = e.Reason;
                host.Log.Error($"queue blocks publishers: {e.Reason}", null, ("dependency", "queue"));
                return Task.CompletedTask;
            };
            connection.ConnectionUnblockedAsync += (_, _) =>
            {
                blocked = null;
                host.Log.Info("queue takes messages again");
                return Task.CompletedTask;
            };
        }
        if (!declared)
        {
            // Once, when the service starts: whoever deletes the queue later finds it missing.
            await using IChannel declaring = await connection.CreateChannelAsync();
            await OrderQueue.DeclareAsync(declaring, CancellationToken.None);
            declared = true;
        }
        return await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
    }

    private async Task CloseAsync(IChannel failed)
    {
        try
        {
            await failed.DisposeAsync();
        }
        catch (Exception failure) when (Calls.IsServers(failure) || failure is OperationCanceledException)
        {
            // The broker does not even answer the closing: the connection is of no use either.
            connection?.Dispose();
            connection = null;
        }
    }
}
