using Quorate.Contracts;
using Quorate.Protocol.Consensus;

namespace Quorate.Transport.Clients;

/// <summary>What f+1 replicas answered alike.</summary>
/// <param name="Key">Names the request, for its certificate.</param>
/// <param name="Result">What the application returned, at most 256 bytes.</param>
public sealed record Answer(RequestKey Key, byte[] Result);

/// <summary>
/// A client of the group: asks the leader, then everyone with growing pauses, and believes what f+1 replicas say
/// alike. Many requests may be asked at once; a window of them is outstanding. Safe on any thread.
/// </summary>
public sealed class ConsensusClient : IDisposable
{
    private readonly int id;
    private readonly ConsensusContext context;
    private readonly ILinks links;
    private readonly ConsensusClientOptions options;
    private readonly Lock gate = new();
    private readonly SortedDictionary<ulong, Asked> outstanding = [];
    private readonly Queue<Asked> waiting = [];
    private readonly ITimer timer;
    private ulong next;
    private ulong view;
    private bool isArmed;
    private bool isDisposed;

    /// <param name="id">The client's number, from n on.</param>
    /// <param name="context">The group, and the client's key where requests are signed.</param>
    /// <param name="links">The ways to the replicas; replies come in through <see cref="Receive"/>.</param>
    /// <param name="options">Times and bounds.</param>
    public ConsensusClient(int id, ConsensusContext context, ILinks links, ConsensusClientOptions? options = null)
    {
        this.id = id;
        this.context = context;
        this.links = links;
        this.options = options ?? new ConsensusClientOptions();
        // A number must never be used twice, also not after a restart: they start at the time, in 2^-20 of a millisecond.
        next = ((ulong)this.options.Time.GetUtcNow().ToUnixTimeMilliseconds() << 20) + 1;
        timer = this.options.Time.CreateTimer(_ => Repeat(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Id => id;

    /// <summary>Messages sent again because no answer came in time.</summary>
    public long Repeated { get; private set; }

    /// <summary>Asks and waits for the answer. A request that was given up may still be decided.</summary>
    /// <exception cref="QuorateException">client_busy: too many requests wait already; payload_too_large.</exception>
    public async Task<Answer> RequestAsync(byte[] payload, RequestKind kind = RequestKind.Operation, CancellationToken cancellationToken = default)
    {
        if (payload.Length > ConsensusLimits.PayloadBytes)
        {
            throw QuorateException.Input("payload_too_large", $"the payload has {payload.Length} bytes; {ConsensusLimits.PayloadBytes} are allowed");
        }

        var asked = new Asked(payload, kind, options.RunsInline);
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            if (waiting.Count >= options.MaxWaiting)
            {
                throw QuorateException.Missing("client_busy", $"{waiting.Count} requests wait already; {options.MaxWaiting} are allowed", "ask again later");
            }

            waiting.Enqueue(asked);
        }

        Fill();
        await using var registration = cancellationToken.CanBeCanceled ? cancellationToken.UnsafeRegister(static (state, token) => ((Asked)state!).Answered.TrySetCanceled(token), asked) : default;
        try
        {
            return await asked.Answered.Task;
        }
        finally
        {
            if (asked.Answered.Task.IsCanceled)
            {
                GiveUp(asked);
            }
        }
    }

    /// <summary>Takes a reply from the replica that the link names.</summary>
    public void Receive(int from, Reply reply)
    {
        Asked? asked;
        Answer? answer = null;
        lock (gate)
        {
            if (reply.Client != id || !outstanding.TryGetValue(reply.Sequence, out asked) || !asked.Replies!.Add(from, reply))
            {
                return;
            }

            outstanding.Remove(reply.Sequence);
            view = Math.Max(view, asked.Replies.View);
            answer = new Answer(asked.Request!.Key, asked.Replies.Answer!);
        }

        asked.Answered.TrySetResult(answer);
        Fill();
    }

    public void Dispose()
    {
        Asked[] open;
        lock (gate)
        {
            isDisposed = true;
            open = [.. outstanding.Values, .. waiting];
            outstanding.Clear();
            waiting.Clear();
        }

        timer.Dispose();
        foreach (var asked in open)
        {
            asked.Answered.TrySetException(new ObjectDisposedException(nameof(ConsensusClient)));
        }
    }

    private void GiveUp(Asked asked)
    {
        lock (gate)
        {
            if (asked.Request is not null)
            {
                outstanding.Remove(asked.Request.Sequence);
            }
        }

        Fill();
    }

    // Replicas tell the last window of numbers apart: none may be asked that far above one which is still open.
    private void Fill()
    {
        while (true)
        {
            Asked asked;
            int leader;
            lock (gate)
            {
                if (waiting.Count == 0 || isDisposed || (outstanding.Count > 0 && next >= outstanding.Keys.First() + (ulong)context.Options.ClientWindow))
                {
                    return;
                }

                asked = waiting.Dequeue();
                if (asked.Answered.Task.IsCompleted)
                {
                    continue;
                }

                asked.Start(context, id, next++, options.Time.GetTimestamp(), options.RetryAfter);
                outstanding.Add(asked.Request!.Sequence, asked);
                leader = context.Membership.Primary(view);
                Arm(options.RetryAfter);
            }

            Send(asked.Request, asked.Request.Type == RequestKind.Question ? -1 : leader);
        }
    }

    private void Send(Request request, int to)
    {
        if (to >= 0)
        {
            links.Send(to, request);
        }

        for (var replica = 0; to < 0 && replica < context.Membership.Replicas; replica++)
        {
            links.Send(replica, request);
        }

        links.Flush();
    }

    private void Arm(TimeSpan after)
    {
        if (!isArmed && !isDisposed)
        {
            isArmed = true;
            timer.Change(after, Timeout.InfiniteTimeSpan);
        }
    }

    private void Repeat()
    {
        List<Request> due = [];
        lock (gate)
        {
            isArmed = false;
            var soonest = options.MaxRetry;
            foreach (var asked in outstanding.Values)
            {
                var left = asked.Pause - options.Time.GetElapsedTime(asked.SentAt);
                if (left <= TimeSpan.Zero)
                {
                    due.Add(asked.Request!);
                    asked.SentAt = options.Time.GetTimestamp();
                    asked.Pause = left = asked.Pause * 2 < options.MaxRetry ? asked.Pause * 2 : options.MaxRetry;
                }

                soonest = left < soonest ? left : soonest;
            }

            Repeated += due.Count;
            if (outstanding.Count > 0)
            {
                Arm(soonest < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : soonest);
            }
        }

        foreach (var request in due)
        {
            Send(request, -1);
        }
    }

    private sealed class Asked(byte[] payload, RequestKind kind, bool runsInline)
    {
        internal TaskCompletionSource<Answer> Answered { get; } = new(runsInline ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);

        internal Request? Request { get; private set; }

        internal ReplyCollector? Replies { get; private set; }

        internal long SentAt { get; set; }

        internal TimeSpan Pause { get; set; }

        internal void Start(ConsensusContext context, int client, ulong sequence, long now, TimeSpan pause)
        {
            Request = context.Options.SignedRequests
                ? Request.Sign(context.Crypto, context.Directory, client, sequence, kind, payload)
                : new Request(client, sequence, kind, payload, []);
            Replies = new ReplyCollector(context.Membership, Request.Key);
            (SentAt, Pause) = (now, pause);
        }
    }
}
