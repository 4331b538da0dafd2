using System.Threading.Channels;
using Quorate.Protocol.Messaging;
using Quorate.Transport.Messaging;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Quorate.Brokers;

/// <summary>
/// Frames over RabbitMQ: a durable quorum queue for each agent, publisher confirms, manual acknowledgement once a
/// frame's effects are durable. Each frame is signed by its sender, so that no other user of the broker can speak for
/// it. When the broker goes, the link connects again and everything under way goes out again; copies are recognised.
/// </summary>
public sealed partial class RabbitMqLink : IMessageLink
{
    private static readonly BasicProperties Persistent = new() { DeliveryMode = DeliveryModes.Persistent };

    private readonly string agent;
    private readonly RabbitMqOptions options;
    private readonly ConnectionFactory factory;
    private readonly Channel<MessageFrame> outgoing;
    private readonly CancellationTokenSource stopping = new();
    private IFrameReceiver? receiver;
    private Task running = Task.CompletedTask;
    private long dropped;
    private long rejected;
    private long unconfirmed;

    /// <param name="agent">Whose link it is.</param>
    /// <param name="options">Where the broker is.</param>
    /// <exception cref="Contracts.QuorateException">An address or option that is wrong.</exception>
    public RabbitMqLink(string agent, RabbitMqOptions options)
    {
        (this.agent, this.options) = (agent, options.Validated());
        outgoing = Channel.CreateBounded<MessageFrame>(new BoundedChannelOptions(options.Waiting) { SingleReader = true });
        factory = new ConnectionFactory
        {
            Uri = options.Address,
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            RequestedConnectionTimeout = options.ConnectTimeout,
            RequestedHeartbeat = TimeSpan.FromSeconds(10),
            ClientProvidedName = $"quorate {agent}",
        };
    }

    public LinkStatus Status { get; private set; } = new(LinkState.Connecting);

    /// <summary>Frames dropped for want of room; their messages are repeated.</summary>
    public long Dropped => Interlocked.Read(ref dropped);

    /// <summary>Frames that were not what they claim to be.</summary>
    public long Rejected => Interlocked.Read(ref rejected);

    /// <summary>Frames that the broker did not confirm; their messages are repeated.</summary>
    public long Unconfirmed => Interlocked.Read(ref unconfirmed);

    /// <summary>Starts connecting and returns: a broker that is not there shows in <see cref="Status"/>, and is tried again.</summary>
    public Task StartAsync(IFrameReceiver receiver, CancellationToken cancellationToken)
    {
        this.receiver = receiver;
        running = Task.Run(RunAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    public void Send(MessageFrame frame)
    {
        if (Status.State is LinkState.Down or LinkState.Connecting || !outgoing.Writer.TryWrite(frame))
        {
            Interlocked.Increment(ref dropped);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!stopping.IsCancellationRequested)
        {
            await stopping.CancelAsync();
            await running.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            stopping.Dispose();
        }
    }

    private string QueueOf(string name) => $"{options.Prefix}.{name}";

    private async Task RunAsync()
    {
        var pause = options.FirstBackoff;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await using var opened = await Session.OpenAsync(this, stopping.Token);
                pause = options.FirstBackoff;
                Change(LinkState.Up, null);
                Change(LinkState.Down, $"the broker {options.Shown} ended the connection: {await opened.RunAsync(stopping.Token)}");
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                // Disposed.
            }
            catch (Exception e)
            {
                Change(LinkState.Down, Explain(e));
            }

            while (outgoing.Reader.TryRead(out _))
            {
                // What it holds goes out again when the link is back; until then it would only be older.
            }

            if (!stopping.IsCancellationRequested)
            {
                await PauseAsync(pause);
                pause = pause * 2 < options.MaxBackoff ? pause * 2 : options.MaxBackoff;
            }
        }
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        try
        {
            await Task.Delay(pause * (0.5 + (options.Jitter() / 2)), options.Time, stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Disposed.
        }
    }

    private void Change(LinkState state, string? reason)
    {
        Status = new LinkStatus(state, reason);
        receiver!.LinkChanged();
    }

    private string Explain(Exception e)
    {
        var causes = new List<Exception>();
        for (var cause = e; cause is not null; cause = cause.InnerException)
        {
            causes.Add(cause);
        }

        // An address in a message of the client's would carry the password.
        return causes.Any(c => c is AuthenticationFailureException or PossibleAuthenticationFailureException)
            ? $"the broker {options.Shown} refuses the user or the password"
            : causes.OfType<OperationInterruptedException>().FirstOrDefault() is { ShutdownReason: { } reason }
                ? $"the broker {options.Shown} ended the connection: {reason.ReplyCode} {reason.ReplyText}"
                : $"the broker {options.Shown} cannot be reached: {causes[^1].Message.Replace(options.Address.OriginalString, options.Shown, StringComparison.Ordinal)}";
    }
}
