namespace Quorate.Models.Health;

/// <summary>
/// Judges one member by its probes and calls alone. While probes fail they come at doubling distances, up to five minutes, with a
/// tenth of jitter. Thread-safe.
/// </summary>
internal sealed class MemberHealth(string name, TimeProvider time, Random random)
{
    public const int UnhealthyAfter = 3;
    public const int FailedAfter = 6;

    /// <summary>Successes in a row that a member needs after it was unhealthy.</summary>
    public const int SuccessesToReturn = 2;

    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromMinutes(5);
    private const double Jitter = 0.1;

    private readonly Lock _gate = new();
    private HealthStatus _status;
    private DateTimeOffset? _lastHeartbeat;
    private int _failures;
    private int _failedProbes;
    private int _owed;
    private string? _lastError;
    private double? _latencyMs;
    private DateTimeOffset _nextProbe = time.GetUtcNow();

    /// <summary>A call failed and none has succeeded since: that an endpoint lists its models proves nothing then.</summary>
    public bool CallsFail { get; private set; }

    public AgentHealth Snapshot()
    {
        lock (_gate)
        {
            return new AgentHealth
            {
                Agent = name,
                Status = _status,
                LastHeartbeat = _lastHeartbeat,
                ConsecutiveFailures = _failures,
                FailedProbes = _failedProbes,
                LastError = _lastError,
                NextProbeAt = _nextProbe,
                LatencyMs = _latencyMs,
            };
        }
    }

    public bool IsDue
    {
        get
        {
            lock (_gate)
            {
                return time.GetUtcNow() >= _nextProbe;
            }
        }
    }

    public void Succeed(TimeSpan latency)
    {
        lock (_gate)
        {
            _failures = _failedProbes = 0;
            _owed = Math.Max(0, _owed - 1);
            _status = _owed > 0 ? HealthStatus.Degraded : HealthStatus.Healthy;
            _lastError = null;
            _lastHeartbeat = time.GetUtcNow();
            _latencyMs = latency.TotalMilliseconds;
            _nextProbe = time.GetUtcNow() + Interval;
            CallsFail = false;
        }
    }

    public void FailCall(string error)
    {
        lock (_gate)
        {
            Fail(error);
            CallsFail = true;
            var soon = time.GetUtcNow() + Interval;
            _nextProbe = soon < _nextProbe ? soon : _nextProbe;
        }
    }

    public void FailProbe(string error)
    {
        lock (_gate)
        {
            Fail(error);
            var wait = Interval * Math.Pow(2, Math.Min(_failedProbes++, 20));
            wait = wait < LongestBackoff ? wait : LongestBackoff;
            _nextProbe = time.GetUtcNow() + (wait * (1 + (Jitter * random.NextDouble())));
        }
    }

    /// <summary>Forgets the past; the next probe is due at once and decides.</summary>
    public void Reset()
    {
        lock (_gate)
        {
            (_status, _failures, _failedProbes, _owed, _lastError, CallsFail) = (HealthStatus.Unknown, 0, 0, 0, null, false);
            _nextProbe = time.GetUtcNow();
        }
    }

    private void Fail(string error)
    {
        _failures++;
        _lastError = error;
        _status = _failures >= FailedAfter ? HealthStatus.Failed : _failures >= UnhealthyAfter ? HealthStatus.Unhealthy : HealthStatus.Degraded;
        _owed = _failures >= UnhealthyAfter ? SuccessesToReturn : _owed;
    }
}
