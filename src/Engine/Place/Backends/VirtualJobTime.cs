namespace Quorate.Engine.Place.Backends;

/// <summary>A cluster's time that jumps to the next end of a job, for a simulated backend.</summary>
public sealed class VirtualJobTime : TimeProvider, IJobTime
{
    private long _ticks;

    /// <summary>When the backend's next job ends; null: none runs. Set once, before the run.</summary>
    public Func<TimeSpan?> NextEnd { get; set; } = () => null;

    public TimeSpan Now => TimeSpan.FromTicks(_ticks);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _ticks;

    public Task<bool> WaitAsync(TimeSpan? moment, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var next = (NextEnd(), moment) switch { ({ } a, { } b) => a < b ? a : b, var (a, b) => a ?? b };
        _ticks = Math.Max(_ticks, next?.Ticks ?? 0);
        return Task.FromResult(next is not null);
    }
}

/// <summary>A cluster's time as it passes; changes are looked for now and then.</summary>
/// <param name="time">The clock.</param>
/// <param name="poll">How long to wait between two looks.</param>
/// <param name="already">How long ago the run began, of one that goes on.</param>
public sealed class RealJobTime(TimeProvider time, TimeSpan poll, TimeSpan already = default) : IJobTime
{
    private readonly long _start = time.GetTimestamp();

    public TimeSpan Now => already + time.GetElapsedTime(_start);

    public async Task<bool> WaitAsync(TimeSpan? moment, CancellationToken cancellationToken)
    {
        var wait = moment is { } at && at - Now < poll ? at - Now : poll;
        await Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.FromMilliseconds(1), time, cancellationToken);
        return true;
    }
}
