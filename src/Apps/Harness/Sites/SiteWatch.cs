using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Harness.Sites;

/// <summary>One look of the oracle, from BeganMs to AtMs of the run; Failures empty: everything passed.</summary>
public sealed record Reading(double BeganMs, double AtMs, IReadOnlyList<string> Failures)
{
    public bool Passed => Failures.Count == 0;
}

/// <summary>Looks at the site again and again in the background, from the run's begin to its end.</summary>
public sealed class SiteWatch : IAsyncDisposable
{
    /// <summary>Between the end of one look and the begin of the next.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Looks kept of one run; an hour has fewer.</summary>
    private const int MaxReadings = 20_000;

    /// <summary>Sentences kept of one look, and characters of each.</summary>
    private const int MaxFailures = 12;
    private const int MaxLength = 200;

    private readonly OracleProber _prober;
    private readonly RunClock _clock;
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _gate = new();
    private readonly List<Reading> _readings = [];
    private readonly Task _looking;

    public SiteWatch(OracleProber prober, RunClock clock)
    {
        (_prober, _clock) = (prober, clock);
        _looking = Task.Run(() => LookAsync(_ending.Token), CancellationToken.None);
    }

    public IReadOnlyList<Reading> Readings
    {
        get
        {
            lock (_gate)
            {
                return [.. _readings];
            }
        }
    }

    /// <summary>Waits for a look that fits; null when there was none within the limit.</summary>
    /// <param name="fits">Asked about looks that began at <paramref name="sinceMs"/> or later.</param>
    /// <param name="sinceMs">Milliseconds of the run.</param>
    /// <param name="limit">How long to wait.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="QuorateException">The platform itself cannot be reached any more.</exception>
    public async Task<Reading?> WaitForAsync(Func<Reading, bool> fits, double sinceMs, TimeSpan limit, CancellationToken cancellationToken)
    {
        var until = _clock.NowMs + limit.TotalMilliseconds;
        while (true)
        {
            if (_looking.IsFaulted)
            {
                await _looking;
            }

            if (Readings.FirstOrDefault(r => r.BeganMs >= sinceMs && fits(r)) is { } found)
            {
                return found;
            }

            if (_clock.NowMs >= until)
            {
                return null;
            }

            await _clock.DelayAsync(TimeSpan.FromMilliseconds(20), cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _looking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var began = _clock.NowMs;
            IReadOnlyList<string> failures;
            try
            {
                failures = await _prober.GlanceAsync(cancellationToken);
            }
            catch (PlatformException error)
            {
                failures = [$"the platform cannot be observed: {error.Message}"];
            }

            lock (_gate)
            {
                if (_readings.Count == MaxReadings)
                {
                    _readings.RemoveAt(0);
                }

                _readings.Add(new Reading(began, _clock.NowMs, [.. failures.Take(MaxFailures).Select(f => PlainText.Line(f, MaxLength))]));
            }

            await _clock.DelayAsync(Pause, cancellationToken);
        }
    }
}

/// <summary>Monotonic milliseconds since a run began.</summary>
public sealed class RunClock(TimeProvider time)
{
    private readonly long _began = time.GetTimestamp();

    /// <summary>To a thousandth, so that what is recorded is what was computed with.</summary>
    public double NowMs => Math.Round(time.GetElapsedTime(_began).TotalMilliseconds, 3);

    public Task DelayAsync(TimeSpan delay, CancellationToken cancellationToken) => Task.Delay(delay, time, cancellationToken);

    /// <summary>Waits until so many milliseconds of the run have passed.</summary>
    public Task UntilAsync(double atMs, CancellationToken cancellationToken) =>
        atMs > NowMs ? DelayAsync(TimeSpan.FromMilliseconds(atMs - NowMs), cancellationToken) : Task.CompletedTask;
}
