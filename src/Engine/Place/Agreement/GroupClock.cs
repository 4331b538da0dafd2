namespace Quorate.Engine.Place.Agreement;

/// <summary>The clock of agreement, in milliseconds: timeouts, latencies and recovery are told by it.</summary>
public interface IGroupClock
{
    double Now { get; }

    /// <summary>Until that moment, or until the task is done.</summary>
    Task WaitUntilAsync(double moment, Task? earlier, CancellationToken cancellationToken);
}

/// <summary>Time as it passes.</summary>
public sealed class RealClock(TimeProvider time) : IGroupClock
{
    private readonly long _start = time.GetTimestamp();

    public double Now => time.GetElapsedTime(_start).TotalMilliseconds;

    public async Task WaitUntilAsync(double moment, Task? earlier, CancellationToken cancellationToken)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var wait = Task.Delay(TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(moment - Now))), time, cancel.Token);
        await Task.WhenAny(earlier ?? wait, wait);
        await cancel.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }
}

/// <summary>Time that passes only when nothing else can happen: for seeded runs that are the same every time.</summary>
public sealed class VirtualClock : IGroupClock
{
    public double Now { get; private set; }

    public async Task WaitUntilAsync(double moment, Task? earlier, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (earlier is not null)
        {
            await earlier;
        }

        Now = Math.Max(Now, moment);
    }
}
