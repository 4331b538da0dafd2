namespace Quorate.Models.Pipeline;

public enum CircuitState
{
    Closed,
    Open,

    /// <summary>One call tries whether the member is back; all others are kept away.</summary>
    HalfOpen,
}

/// <summary>
/// A circuit breaker after Nygard ("Release It!", 2007): consecutive failures open it, after a cooldown one probe may pass, whose
/// success closes it. Each opening lasts twice as long as the one before; whatever fails late may lengthen a cooldown, nothing shortens
/// one but <see cref="Reset"/>. Thread-safe.
/// </summary>
/// <param name="threshold">Consecutive failures that open it, 1 or more.</param>
/// <param name="cooldown">The first.</param>
/// <param name="longest">No cooldown is longer, whatever a server asks for.</param>
/// <param name="time">The clock.</param>
public sealed class CircuitBreaker(int threshold, TimeSpan cooldown, TimeSpan longest, TimeProvider time)
{
    private readonly Lock _gate = new();
    private int _failures;
    private int _openings;
    private bool _open;
    private DateTimeOffset _until;
    private long _probe;
    private long _next;

    public CircuitState State
    {
        get
        {
            lock (_gate)
            {
                return !_open ? CircuitState.Closed : _probe != 0 ? CircuitState.HalfOpen : CircuitState.Open;
            }
        }
    }

    /// <summary>When a probe may pass; the past when it is closed.</summary>
    public DateTimeOffset OpenUntil
    {
        get
        {
            lock (_gate)
            {
                return _open ? _until : DateTimeOffset.MinValue;
            }
        }
    }

    /// <summary>A permit to call, to be given back by exactly one of the methods below; null while no call may be made.</summary>
    public long? TryEnter()
    {
        lock (_gate)
        {
            if (!_open)
            {
                return ++_next;
            }

            if (_probe != 0 || time.GetUtcNow() < _until)
            {
                return null;
            }

            return _probe = ++_next;
        }
    }

    public void Succeed(long permit)
    {
        lock (_gate)
        {
            // Calls from before the opening say nothing about now.
            if (_open && permit != _probe)
            {
                return;
            }

            Close();
        }
    }

    /// <param name="permit">From <see cref="TryEnter"/>.</param>
    /// <param name="retryAfter">What the server asked to wait.</param>
    public void Fail(long permit, TimeSpan? retryAfter = null)
    {
        lock (_gate)
        {
            var wasProbe = permit == _probe;
            if (wasProbe)
            {
                _probe = 0;
            }

            if (!_open && ++_failures < threshold)
            {
                return;
            }

            if (!_open || wasProbe)
            {
                _openings++;
            }

            _open = true;
            var until = time.GetUtcNow() + Cooldown(retryAfter);
            _until = until > _until ? until : _until;
        }
    }

    /// <summary>The call says nothing about the member: cancelled, or refused for a reason of its own.</summary>
    public void Abstain(long permit)
    {
        lock (_gate)
        {
            _probe = permit == _probe ? 0 : _probe;
        }
    }

    /// <summary>Closes it, by order of a person.</summary>
    public void Reset()
    {
        lock (_gate)
        {
            Close();
        }
    }

    private void Close()
    {
        (_open, _probe, _failures, _openings, _until) = (false, 0, 0, 0, DateTimeOffset.MinValue);
    }

    private TimeSpan Cooldown(TimeSpan? retryAfter)
    {
        var grown = cooldown * Math.Pow(2, Math.Min(_openings - 1, 30));
        var wanted = retryAfter > grown ? retryAfter.Value : grown;
        return wanted < longest ? wanted : longest;
    }
}
