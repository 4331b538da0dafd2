namespace Quorate.Engine.Triage;

/// <summary>The phases that a result reports.</summary>
public enum TriagePhase
{
    Detect,
    Plan,
    Act,
    Verify,

    /// <summary>Waiting for the person; counts towards the total but not towards the incident's time limit.</summary>
    Wait,
}

/// <summary>Monotonic time of one incident in this process.</summary>
public sealed class TriageClock(TimeProvider time)
{
    private readonly long _began = time.GetTimestamp();
    private readonly Dictionary<TriagePhase, TimeSpan> _spent = [];

    public double NowMs => time.GetElapsedTime(_began).TotalMilliseconds;

    /// <summary>Time that counts towards the limit.</summary>
    public TimeSpan Worked => time.GetElapsedTime(_began) - Spent(TriagePhase.Wait);

    public TriageTimings Timings => new(Ms(TriagePhase.Detect), Ms(TriagePhase.Plan), Ms(TriagePhase.Act), Ms(TriagePhase.Verify), NowMs);

    public double AtMs(long timestamp) => time.GetElapsedTime(_began, timestamp).TotalMilliseconds;

    public async Task<T> MeasureAsync<T>(TriagePhase phase, Func<Task<T>> work)
    {
        var began = time.GetTimestamp();
        try
        {
            return await work();
        }
        finally
        {
            _spent[phase] = Spent(phase) + time.GetElapsedTime(began);
        }
    }

    private TimeSpan Spent(TriagePhase phase) => _spent.GetValueOrDefault(phase);

    private double Ms(TriagePhase phase) => Spent(phase).TotalMilliseconds;
}
