namespace Quorate.Lab.Hosting;

/// <summary>The answer of <c>/healthz</c>: <c>ok</c> or <c>failing</c>, and per check <c>ok</c> or why not.</summary>
internal sealed record HealthReport(string Status, SortedDictionary<string, string> Checks);

/// <summary>
/// The checks that decide whether this service can do its work, run side by side. An answer is kept for
/// <see cref="Fresh"/>, so that many probes cost as much as one.
/// </summary>
internal sealed class HealthChecks(TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(200);

    private readonly List<(string Name, Func<CancellationToken, Task> Check)> checks = [];
    private readonly Lock gate = new();
    private Task<HealthReport>? last;
    private long lastAt;

    /// <summary>
    /// A check that has not come back by then has failed. Below the 800 ms that whoever asks waits, and longer at a
    /// service whose dependency waits for dependencies of its own.
    /// </summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromMilliseconds(500);

    public void Add(string name, Func<CancellationToken, Task> check) => checks.Add((name, check));

    public Task<HealthReport> RunAsync(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (last is null || (last.IsCompleted && time.GetElapsedTime(lastAt) > Fresh))
            {
                (last, lastAt) = (RunAllAsync(), time.GetTimestamp());
            }
            return last.WaitAsync(cancellationToken);
        }
    }

    private async Task<HealthReport> RunAllAsync()
    {
        string[] results = await Task.WhenAll(checks.Select(c => RunOneAsync(c.Check)));
        var named = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < results.Length; i++)
        {
            named[checks[i].Name] = results[i];
        }
        return new HealthReport(results.All(r => r == "ok") ? "ok" : "failing", named);
    }

    private async Task<string> RunOneAsync(Func<CancellationToken, Task> check)
    {
        using var deadline = new CancellationTokenSource(Patience, time);
        try
        {
            await check(deadline.Token);
            return "ok";
        }
        catch (OperationCanceledException)
        {
            return $"no answer within {Patience.TotalMilliseconds:0} ms";
        }
        catch (Exception failure)
        {
            return failure.Message;
        }
    }
}
