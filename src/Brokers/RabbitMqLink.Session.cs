using Quorate.Protocol.Messaging;
using Quorate.Transport.Messaging;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace Quorate.Brokers;

public sealed partial class RabbitMqLink
{
    /// <summary>
    /// The time from connecting to losing the connection. Two connections: a broker that runs out of disk stops
    /// reading from the one that publishes, and acknowledgements must not wait behind that.
    /// </summary>
    private sealed class Session : IAsyncDisposable
    {
        private readonly RabbitMqLink link;
        private readonly TaskCompletionSource<string> lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly HashSet<string> declared = [];
        private readonly SemaphoreSlim slots;
        private volatile bool isBlocked;
        private IConnection? publishing;
        private IConnection? consuming;
        private IChannel? publisher;
        private IChannel? consumer;

        private Session(RabbitMqLink link)
        {
            this.link = link;
            slots = new SemaphoreSlim(link.options.Outstanding);
        }

        internal static async Task<Session> OpenAsync(RabbitMqLink link, CancellationToken cancellationToken)
        {
            var session = new Session(link);
            try
            {
                await session.OpenAsync(cancellationToken);
                return session;
            }
            catch
            {
                await session.DisposeAsync();
                throw;
            }
        }

        /// <summary>Publishes what is to go out, until the connection is lost; why it was.</summary>
        internal async Task<string> RunAsync(CancellationToken cancellationToken)
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _ = lost.Task.ContinueWith(_ => ending.CancelAsync(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            try
            {
                while (await link.outgoing.Reader.WaitToReadAsync(ending.Token))
                {
                    while (link.outgoing.Reader.TryRead(out var frame))
                    {
                        await slots.WaitAsync(ending.Token);
                        await DeclareAsync(frame.To, ending.Token);
                        _ = PublishAsync(Gather(frame), ending.Token);
                    }
                }
            }
            catch (OperationCanceledException) when (lost.Task.IsCompleted && !cancellationToken.IsCancellationRequested)
            {
                // Lost.
            }

            return await lost.Task;
        }

        public async ValueTask DisposeAsync()
        {
            lost.TrySetResult("closed");
            foreach (var connection in new[] { publishing, consuming })
            {
                if (connection is not null)
                {
                    // A connection that is blocked or dead would take long to close in good order.
                    await connection.AbortAsync(TimeSpan.FromSeconds(1));
                    await connection.DisposeAsync();
                }
            }
        }

        private async Task OpenAsync(CancellationToken cancellationToken)
        {
            publishing = await link.factory.CreateConnectionAsync(cancellationToken);
            publishing.ConnectionShutdownAsync += OnLost;
            publishing.ConnectionBlockedAsync += (_, e) => OnBlocked(LinkState.Blocked, $"the broker {link.options.Shown} takes no messages: {e.Reason}");
            publishing.ConnectionUnblockedAsync += (_, _) => OnBlocked(LinkState.Up, null);
            publisher = await publishing.CreateChannelAsync(
                new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellationToken);
            publisher.ChannelShutdownAsync += OnLost;
            consuming = await link.factory.CreateConnectionAsync(cancellationToken);
            consuming.ConnectionShutdownAsync += OnLost;
            consumer = await consuming.CreateChannelAsync(cancellationToken: cancellationToken);
            consumer.ChannelShutdownAsync += OnLost;
            await DeclareAsync(link.agent, cancellationToken);
            await consumer.BasicQosAsync(0, link.options.Prefetch, global: false, cancellationToken);
            var incoming = new AsyncEventingBasicConsumer(consumer);
            incoming.ReceivedAsync += OnReceivedAsync;
            incoming.UnregisteredAsync += OnQueueGone;
            await consumer.BasicConsumeAsync(link.QueueOf(link.agent), autoAck: false, incoming, cancellationToken);
        }

        private Task OnLost(object sender, ShutdownEventArgs e)
        {
            lost.TrySetResult($"{e.ReplyCode} {e.ReplyText}");
            return Task.CompletedTask;
        }

        // The broker ends a consumer whose queue was deleted; connecting again declares it again.
        private Task OnQueueGone(object sender, ConsumerEventArgs e)
        {
            lost.TrySetResult($"the queue {link.QueueOf(link.agent)} is gone");
            return Task.CompletedTask;
        }

        private Task OnBlocked(LinkState state, string? reason)
        {
            isBlocked = state == LinkState.Blocked;
            if (!lost.Task.IsCompleted)
            {
                link.Change(state, reason);
            }

            return Task.CompletedTask;
        }

        // The receiver's queue too: what is sent before its first start waits there.
        private async Task DeclareAsync(string name, CancellationToken cancellationToken)
        {
            if (!declared.Contains(name))
            {
                var arguments = new Dictionary<string, object?>
                {
                    ["x-queue-type"] = "quorum",
                    ["x-max-length"] = link.options.QueueLength,
                    ["x-overflow"] = "reject-publish",
                };
                if (link.options.Expires is { } expires)
                {
                    arguments["x-expires"] = (long)expires.TotalMilliseconds;
                }

                await consumer!.QueueDeclareAsync(link.QueueOf(name), durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellationToken);
                declared.Add(name);
            }
        }

        // What has gathered for the same agent while the broker was busy travels as one.
        private MessageFrame Gather(MessageFrame frame)
        {
            while (link.outgoing.Reader.TryPeek(out var next) && frame.TryMerge(next) is { } merged)
            {
                link.outgoing.Reader.TryRead(out _);
                frame = merged;
            }

            return frame;
        }

        private async Task PublishAsync(MessageFrame frame, CancellationToken cancellationToken)
        {
            using var patience = new CancellationTokenSource(link.options.ConfirmTimeout, link.options.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
            try
            {
                var bytes = frame.Encode(link.options.Crypto);
                await publisher!.BasicPublishAsync("", link.QueueOf(frame.To), mandatory: true, Persistent, bytes, either.Token);
            }
            catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                // A broker that has just been started may take a frame and never confirm it; enough of them would hold every slot.
                Interlocked.Increment(ref link.unconfirmed);
                if (!isBlocked)
                {
                    lost.TrySetResult($"nothing confirmed within {link.options.ConfirmTimeout.TotalSeconds:0} s");
                }
            }
            catch (Exception e) when (e is PublishException or AlreadyClosedException or OperationInterruptedException or OperationCanceledException or IOException or ObjectDisposedException)
            {
                // The receiver's receipt is what counts; without one the messages go out again.
                Interlocked.Increment(ref link.unconfirmed);
            }
            finally
            {
                slots.Release();
            }
        }

        private async Task OnReceivedAsync(object sender, BasicDeliverEventArgs delivery)
        {
            var tag = delivery.DeliveryTag;
            if (!MessageFrame.TryDecode(delivery.Body.Span, link.options.Crypto, out var frame) || frame.To != link.agent)
            {
                Interlocked.Increment(ref link.rejected);
                await consumer!.BasicRejectAsync(tag, requeue: false);
                return;
            }

            await link.receiver!.ReceiveAsync(frame, () => _ = AcknowledgeAsync(tag), link.stopping.Token);
        }

        private async Task AcknowledgeAsync(ulong tag)
        {
            try
            {
                await consumer!.BasicAckAsync(tag, multiple: false);
            }
            catch (Exception e) when (e is AlreadyClosedException or OperationInterruptedException or OperationCanceledException or IOException or ObjectDisposedException)
            {
                // The broker hands the frame out again, and its messages are recognised.
            }
        }
    }
}
