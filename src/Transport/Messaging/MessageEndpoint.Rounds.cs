using Quorate.Contracts;
using Quorate.Protocol.Messaging;

namespace Quorate.Transport.Messaging;

public sealed partial class MessageEndpoint
{
    private static readonly TimeSpan FirstStorePause = TimeSpan.FromMilliseconds(100);
    private const long LongestSleepMs = 60_000;
    private static readonly TimeSpan LongestStorePause = TimeSpan.FromSeconds(5);

    private async Task RunAsync()
    {
        try
        {
            while (await inputs.Reader.WaitToReadAsync(stopping.Token))
            {
                await RoundAsync();
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Disposed.
        }
        finally
        {
            // Whoever is still in the middle of a call learns that nothing comes.
            inputs.Writer.TryComplete();
            calls.ForEach(c => c.Fail(new ObjectDisposedException(nameof(MessageEndpoint))));
        }
    }

    private async Task RoundAsync()
    {
        TakeInputs();
        var state = link.Status.State;
        if (state == LinkState.Up && lastLink is LinkState.Down or LinkState.Connecting)
        {
            messenger.Resume(Now);
        }

        lastLink = state;
        messenger.Tick(Now, state == LinkState.Up);
        while (messenger.TryNext(out var message))
        {
            await HandleAsync(message);
        }

        if (options.Journal is not null && messenger.Changes.IsDurable && await CommitAsync() is { } failure)
        {
            await RecoverAsync(failure);
            return;
        }

        messenger.Changes.ClearDurable();
        calls.ForEach(c => c.Succeed());
        calls.Clear();
        Transmit();
        handled.ForEach(h => h());
        handled.Clear();
        SetTimer();
    }

    private void TakeInputs()
    {
        var now = Now;
        for (var i = 0; i < options.Round && inputs.Reader.TryRead(out var input); i++)
        {
            if (input is Call call)
            {
                if (call.TryRun(messenger, now))
                {
                    calls.Add(call);
                }
            }
            else if (input is Incoming incoming)
            {
                Take(incoming, now);
            }
        }
    }

    private void Take(Incoming incoming, long now)
    {
        foreach (var message in incoming.Frame.Messages)
        {
            messenger.Receive(incoming.Frame.From, message, now);
        }

        foreach (var receipt in incoming.Frame.Receipts)
        {
            messenger.Receive(incoming.Frame.From, receipt, now);
        }

        if (incoming.Handled is { } done)
        {
            handled.Add(done);
        }
    }

    private async ValueTask HandleAsync(AgentMessage message)
    {
        ReadOnlyMemory<byte>? effect = null;
        var isHandled = false;
        try
        {
            var context = new MessageContext();
            effect = await options.Handler(message, context, stopping.Token);
            if (context.Drafts.Count > 0)
            {
                messenger.Send(context.Drafts, Now);
            }

            isHandled = true;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception)
        {
            // Counted; the sender repeats the message, and gives it up with a reason in the end.
        }

        messenger.Complete(message, isHandled, effect, Now);
    }

    private async Task<QuorateException?> CommitAsync()
    {
        try
        {
            // Not cancelled halfway: what is stored and what is in memory must be the same.
            await options.Journal!.CommitAsync(Name, messenger.Changes, CancellationToken.None);
            return null;
        }
        catch (QuorateException e)
        {
            return e;
        }
    }

    /// <summary>Nothing of the round was kept: everyone learns so, and the messenger begins again from what is stored.</summary>
    private async Task RecoverAsync(QuorateException failure)
    {
        StoreFailure = failure;
        calls.ForEach(c => c.Fail(failure));
        calls.Clear();

        // The link's part is done: what was not kept has no receipt, and its sender repeats it.
        handled.ForEach(h => h());
        handled.Clear();
        for (var pause = FirstStorePause; ; pause = pause < LongestStorePause ? pause * 2 : LongestStorePause)
        {
            await Task.Delay(pause, options.Time, stopping.Token);
            while (inputs.Reader.TryRead(out var waiting))
            {
                (waiting as Call)?.Fail(failure);
                (waiting as Incoming)?.Handled?.Invoke();
            }

            try
            {
                await RestoreAsync(stopping.Token);
                StoreFailure = null;
                LinkChanged();
                return;
            }
            catch (QuorateException e)
            {
                StoreFailure = failure = e;
            }
        }
    }

    private async Task RestoreAsync(CancellationToken cancellationToken)
    {
        if (options.Journal is { } journal)
        {
            var state = await journal.LoadAsync(Name, cancellationToken);
            messenger = new Messenger(Name, options.Messaging, options.Seed, options.Crypto);
            messenger.Restore(state, Now);
        }
    }

    private void Transmit()
    {
        foreach (var message in messenger.Changes.Transmissions)
        {
            var batch = BatchFor(message.Receiver);
            batch.Messages.Add(message);
            batch.Bytes += message.Payload.Length;
            if (batch.Messages.Count == MessageFrame.MaxMessages || batch.Bytes >= MessageFrame.PayloadBytes)
            {
                Leave(message.Receiver, batch);
            }
        }

        foreach (var (to, receipt) in messenger.Changes.Receipts)
        {
            var batch = BatchFor(to);
            batch.Receipts.Add(receipt);
            if (batch.Receipts.Count == MessageFrame.MaxReceipts)
            {
                Leave(to, batch);
            }
        }

        messenger.Changes.ClearOutputs();
        foreach (var (to, batch) in batches)
        {
            Leave(to, batch);
        }

        batches.Clear();
    }

    private Batch BatchFor(string to) => batches.TryGetValue(to, out var batch) ? batch : batches[to] = new Batch();

    private void Leave(string to, Batch batch)
    {
        if (batch.Messages.Count + batch.Receipts.Count > 0)
        {
            link.Send(new MessageFrame(Name, to, [.. batch.Messages], [.. batch.Receipts]));
            batch.Messages.Clear();
            batch.Receipts.Clear();
            batch.Bytes = 0;
        }
    }

    private void SetTimer()
    {
        var (due, now) = (messenger.NextDue(lastLink == LinkState.Up), Now);
        if (due != dueAt || Volatile.Read(ref wakesAt) <= now)
        {
            // A clock that jumps is noticed within the longest sleep.
            var at = due == long.MaxValue ? due : Math.Clamp(due, now + 1, now + LongestSleepMs);
            dueAt = due;
            Volatile.Write(ref wakesAt, at);
            timer.Change(due == long.MaxValue ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(at - now), Timeout.InfiniteTimeSpan);
        }
    }

    private sealed class Batch
    {
        internal List<AgentMessage> Messages { get; } = [];

        internal List<Receipt> Receipts { get; } = [];

        internal int Bytes { get; set; }
    }
}
