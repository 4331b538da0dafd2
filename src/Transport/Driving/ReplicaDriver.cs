using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Transport.Driving;

/// <summary>
/// Runs one replica: takes messages from its links, ticks it in time, and does what it says in its order, durable
/// records first. There is one loop and no thread of its own: whoever brings something to an idle driver starts it.
/// </summary>
public sealed partial class ReplicaDriver : IAsyncDisposable
{
    private readonly ConsensusContext context;
    private readonly ILinks links;
    private readonly ReplicaDriverOptions options;
    private readonly Replica replica;
    private readonly Inbox inbox;
    private readonly DecidedItems decided;
    private readonly ITimer timer;
    private readonly CancellationTokenSource stopping = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long started;
    private long dueAt = long.MaxValue;
    private long opinionsFailed;
    private bool isDisposed;

    /// <param name="id">This replica's number.</param>
    /// <param name="context">The group, its rules, and this replica's key.</param>
    /// <param name="state">The application, empty.</param>
    /// <param name="links">The ways to the others. They may bring messages from now on.</param>
    /// <param name="options">How to run it.</param>
    public ReplicaDriver(int id, ConsensusContext context, IReplicatedState state, ILinks links, ReplicaDriverOptions? options = null)
    {
        this.context = context;
        this.links = links;
        this.options = options ?? new ReplicaDriverOptions();
        started = this.options.Time.GetTimestamp();
        inbox = new Inbox(context.Membership.Replicas, this.options.Inbox, this.options.InboxBytes);
        decided = new DecidedItems(context, this.options.KeptCertificates);
        replica = new Replica(id, context, state, this.options.Log?.Recovered, Now);
        Status = ReadStatus();
        timer = this.options.Time.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        inbox.Wake();
        Pump(inline: false);
    }

    public int Id => replica.Id;

    /// <summary>How far the replica was after its last round.</summary>
    public ReplicaStatus Status { get; private set; }

    /// <summary>Messages dropped because the loop did not keep up.</summary>
    public long Dropped => inbox.Dropped;

    /// <summary>Opinions that could not be formed.</summary>
    public long OpinionsFailed => Interlocked.Read(ref opinionsFailed);

    /// <summary>
    /// Ends when the driver is disposed, or fails with what stopped it: a disk that does not take records, an
    /// application that throws. A replica that cannot keep its word says nothing more.
    /// </summary>
    public Task Completion => ended.Task;

    /// <summary>Hands in a message that a link says is from <paramref name="from"/>. Never blocks longer than one round of the loop.</summary>
    /// <param name="from">The principal that the link authenticated.</param>
    /// <param name="message">The message, decoded from the link's bytes.</param>
    /// <param name="size">Its encoded size in bytes.</param>
    public void Post(int from, Message message, int size)
    {
        Add(from, message, size);
        Pump();
    }

    /// <summary>As <see cref="Post"/>, but it may wait until <see cref="Pump()"/>: what comes together is handled together.</summary>
    public void Add(int from, Message message, int size) => inbox.Add(new Incoming(from, message, size));

    /// <summary>Sees that everything added is handled.</summary>
    public void Pump() => Pump(options.RunsInline);

    /// <summary>Proof that the request was decided, for anyone with the keys; null when it was not, or too long ago.</summary>
    public QuorumCertificate? Certificate(RequestKey request) => decided.Certificate(request);

    /// <summary>Ends the loop. Nothing is sent or kept after this.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref isDisposed, true))
        {
            return;
        }

        await stopping.CancelAsync();
        await timer.DisposeAsync();
        if (inbox.Close())
        {
            ended.TrySetResult();
        }

        await ended.Task.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        stopping.Dispose();
    }

    // Milliseconds, the unit of the options' times.
    private long Now => (long)options.Time.GetElapsedTime(started).TotalMilliseconds;

    private void OnTimer()
    {
        Volatile.Write(ref dueAt, long.MaxValue);
        inbox.Wake();
        Pump();
    }

    private void Pump(bool inline)
    {
        if (!inbox.TryStart())
        {
            return;
        }

        if (inline)
        {
            Run();
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(static driver => driver.Run(), this, preferLocal: false);
        }
    }

    private void Run()
    {
        try
        {
            while (inbox.Take(out var messages))
            {
                Round(messages);
            }

            if (stopping.IsCancellationRequested)
            {
                ended.TrySetResult();
            }
        }
        catch (Exception error)
        {
            inbox.Close();
            ended.TrySetException(error);
        }
    }

    private void Round(List<Incoming> messages)
    {
        VerifyRequests(messages);
        foreach (var message in messages)
        {
            if (message.Content is Message received)
            {
                replica.Receive(message.From, received, Now);
            }
            else
            {
                var (subject, value) = ((Digest, byte[]))message.Content;
                replica.SubmitOpinion(subject, value, Now);
            }
        }

        if (Now >= replica.Deadline)
        {
            replica.Tick(Now);
        }

        Perform();
        Status = ReadStatus();
        Arm();
    }

    private void Arm()
    {
        var deadline = replica.Deadline;
        if (deadline < Volatile.Read(ref dueAt))
        {
            Volatile.Write(ref dueAt, deadline);
            timer.Change(TimeSpan.FromMilliseconds(Math.Max(1, deadline - Now)), Timeout.InfiniteTimeSpan);
        }
    }

    private ReplicaStatus ReadStatus() => new(replica.View, replica.IsActive, replica.Executed, replica.Stable, replica.PendingCount);
}

/// <summary>How far a replica is.</summary>
public sealed record ReplicaStatus(ulong View, bool IsActive, ulong Executed, ulong Stable, int Pending);
