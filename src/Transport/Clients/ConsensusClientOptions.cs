namespace Quorate.Transport.Clients;

/// <summary>How a client asks.</summary>
public sealed record ConsensusClientOptions
{
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Until a request goes to every replica, not to the leader alone; doubles with each repetition. 150 ms.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromMilliseconds(150);

    /// <summary>The longest pause between two repetitions. 2 s.</summary>
    public TimeSpan MaxRetry { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Whoever waits for an answer goes on in the thread that brought it; only where it does not block.</summary>
    public bool RunsInline { get; init; }

    /// <summary>Requests that may wait for room in the window; more are refused. 1…1,000,000.</summary>
    public int MaxWaiting { get; init; } = 10_000;
}
