using Quorate.Protocol.Messaging;
using Quorate.Transport.Messaging;

namespace Quorate.Cli.Messaging;

/// <summary>A link that loses, delays, doubles and damages what it is told to: for drills.</summary>
/// <param name="link">The real one.</param>
/// <param name="passage">From, to: what happens on the way.</param>
/// <param name="time">Of delays.</param>
internal sealed class FaultyLink(IMessageLink link, Func<string, string, Passage> passage, TimeProvider time) : IMessageLink
{
    private readonly CancellationTokenSource _stopping = new();

    public LinkStatus Status => link.Status;

    public Task StartAsync(IFrameReceiver receiver, CancellationToken cancellationToken) => link.StartAsync(receiver, cancellationToken);

    public void Send(MessageFrame frame)
    {
        var way = passage(frame.From, frame.To);
        if (way.CopyDelay >= 0)
        {
            _ = SendLaterAsync(frame, way.CopyDelay);
        }

        if (!way.IsLost)
        {
            _ = SendLaterAsync(way.DamagedBit < 0 ? frame : frame with { Messages = [.. frame.Messages.Select(way.Damage)] }, way.Delay);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await link.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task SendLaterAsync(MessageFrame frame, long delay)
    {
        try
        {
            if (delay > 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(delay), time, _stopping.Token);
            }

            link.Send(frame);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The run is over.
        }
    }
}
