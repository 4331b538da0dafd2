using System.Threading.Channels;
using Quorate.Contracts;
using Quorate.Protocol.Messaging;

namespace Quorate.Transport.Messaging;

/// <summary>
/// Runs one agent's <see cref="Messenger"/>: one loop takes what links and callers bring, has messages handled, makes
/// the round durable in one commit, and only then lets anything leave.
/// </summary>
public sealed partial class MessageEndpoint : IAsyncDisposable, IFrameReceiver
{
    private static readonly object Wake = new();

    private readonly MessageEndpointOptions options;
    private readonly IMessageLink link;
    private readonly Channel<object> inputs;
    private readonly CancellationTokenSource stopping = new();
    private readonly ITimer timer;
    private readonly List<Action> handled = [];
    private readonly List<Call> calls = [];
    private readonly Dictionary<string, Batch> batches = [];
    private Messenger messenger;
    private Task loop = Task.CompletedTask;
    private long dueAt = long.MaxValue;
    private long wakesAt = long.MaxValue;
    private LinkState lastLink = LinkState.Connecting;

    private MessageEndpoint(string name, IMessageLink link, MessageEndpointOptions options)
    {
        (this.link, this.options) = (link, options);
        messenger = new Messenger(name, options.Messaging, options.Seed, options.Crypto);
        inputs = Channel.CreateBounded<object>(new BoundedChannelOptions(options.Inbox) { SingleReader = true });
        timer = options.Time.CreateTimer(_ => Rang(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public string Name => messenger.Name;

    public LinkStatus Link => link.Status;

    /// <summary>Why nothing can be stored at present; null while all is well.</summary>
    public QuorateException? StoreFailure { get; private set; }

    /// <summary>What happened so far; of the present moment, and from zero after the store had failed.</summary>
    public MessengerCounters Counters => messenger.Counters;

    /// <summary>Ends with the endpoint; fails with what no handler, store or link should do.</summary>
    public Task Completion => loop;

    /// <summary>Restores what the journal kept, starts the link and the loop. The link belongs to the endpoint from now on.</summary>
    /// <exception cref="QuorateException">A wrong name or option, a store or link that cannot be used.</exception>
    public static async Task<MessageEndpoint> StartAsync(string name, IMessageLink link, MessageEndpointOptions options, CancellationToken cancellationToken)
    {
        var endpoint = new MessageEndpoint(name, link, options);
        try
        {
            await endpoint.RestoreAsync(cancellationToken);
            await link.StartAsync(endpoint, cancellationToken);
        }
        catch
        {
            await endpoint.DisposeAsync();
            throw;
        }

        endpoint.loop = Task.Run(endpoint.RunAsync, CancellationToken.None);
        endpoint.LinkChanged();
        return endpoint;
    }

    /// <summary>Sends; done when the message is durable, or in memory where there is no journal. It arrives later.</summary>
    /// <exception cref="QuorateException">outbox_full, message_invalid, conversation_members, store_…</exception>
    public Task<IReadOnlyList<AgentMessage>> SendAsync(MessageDraft draft, CancellationToken cancellationToken) =>
        AskAsync((m, now) => m.Send(draft, now), cancellationToken);

    /// <summary>The same for several messages in one transaction.</summary>
    public Task<IReadOnlyList<AgentMessage>> SendAsync(IReadOnlyList<MessageDraft> drafts, CancellationToken cancellationToken) =>
        AskAsync((m, now) => m.Send(drafts, now), cancellationToken);

    public Task<IReadOnlyList<DeadLetter>> DeadLettersAsync(CancellationToken cancellationToken) =>
        AskAsync<IReadOnlyList<DeadLetter>>((m, _) => [.. m.DeadLetters], cancellationToken);

    /// <summary>Sends a dead letter again.</summary>
    /// <exception cref="QuorateException">dead_letter_unknown.</exception>
    public Task<AgentMessage> RedriveAsync(MessageKey key, CancellationToken cancellationToken) =>
        AskAsync((m, now) => m.Redrive(key, now), cancellationToken);

    /// <summary>Forgets a conversation that is over.</summary>
    public Task ForgetAsync(string conversation, CancellationToken cancellationToken) =>
        AskAsync(
            (m, _) =>
            {
                m.Forget(conversation);
                return true;
            },
            cancellationToken);

    /// <summary>Ends conversations: what was not acknowledged in them is dead; without any, they are forgotten.</summary>
    public Task CloseAsync(IReadOnlyList<string> conversations, CancellationToken cancellationToken) =>
        AskAsync(
            (m, now) =>
            {
                foreach (var conversation in conversations)
                {
                    m.Close(conversation, now);
                }

                return true;
            },
            cancellationToken);

    /// <summary>Messages not settled: under way, waiting or dead; and those held back here.</summary>
    public Task<(int Outbox, int Open, int Held)> CountAsync(CancellationToken cancellationToken) =>
        AskAsync((m, _) => (m.OutboxCount, m.OpenCount, m.HeldCount), cancellationToken);

    public ValueTask ReceiveAsync(MessageFrame frame, Action? handled, CancellationToken cancellationToken) =>
        inputs.Writer.WriteAsync(new Incoming(frame, handled), cancellationToken);

    public void LinkChanged() => inputs.Writer.TryWrite(Wake);

    /// <summary>Ends the loop after its round. What is not yet settled goes on at the next start, where there is a journal.</summary>
    public async ValueTask DisposeAsync()
    {
        if (stopping.IsCancellationRequested)
        {
            return;
        }

        await stopping.CancelAsync();
        inputs.Writer.TryComplete();
        await loop.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        await timer.DisposeAsync();
        await link.DisposeAsync();
        while (inputs.Reader.TryRead(out var left))
        {
            (left as Call)?.Fail(new ObjectDisposedException(nameof(MessageEndpoint)));
        }

        stopping.Dispose();
    }

    // A timer may ring a little early by the clock: whatever is due then, it has to be set again.
    private void Rang()
    {
        Volatile.Write(ref wakesAt, 0);
        inputs.Writer.TryWrite(Wake);
    }

    internal bool TryReceive(MessageFrame frame) => inputs.Writer.TryWrite(new Incoming(frame, null));

    private async Task<T> AskAsync<T>(Func<Messenger, long, T> question, CancellationToken cancellationToken)
    {
        var call = new Call<T>(question);
        await inputs.Writer.WriteAsync(call, cancellationToken);
        return await call.Answer.Task.WaitAsync(cancellationToken);
    }

    private long Now => options.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private sealed record Incoming(MessageFrame Frame, Action? Handled);

    /// <summary>A caller waiting for a round.</summary>
    private abstract class Call
    {
        internal abstract bool TryRun(Messenger messenger, long now);

        internal abstract void Succeed();

        internal abstract void Fail(Exception e);
    }

    private sealed class Call<T>(Func<Messenger, long, T> question) : Call
    {
        private T result = default!;

        internal TaskCompletionSource<T> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal override bool TryRun(Messenger messenger, long now)
        {
            try
            {
                result = question(messenger, now);
                return true;
            }
            catch (Exception e)
            {
                // Whatever a caller did wrong is the caller's; the loop serves the others.
                Fail(e);
                return false;
            }
        }

        internal override void Succeed() => Answer.TrySetResult(result);

        internal override void Fail(Exception e) => Answer.TrySetException(e);
    }
}
