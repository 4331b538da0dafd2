using Quorate.Contracts.Sites;
using Quorate.Harness.Scenarios;

namespace Quorate.Harness.Sites;

/// <summary>Makes a run's disturbances happen at their times: restarts, requests that services log, more load.</summary>
public sealed class DisturbanceSchedule(Site site, IPlatform platform, LoadGenerator? load, RunClock clock, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan BetweenLines = TimeSpan.FromMilliseconds(20);

    /// <summary>Done when the last of them has ended. A disturbance that fails is told, and disturbs nobody.</summary>
    /// <param name="disturbances">In order of time.</param>
    /// <param name="cancellationToken">Ends those that go on.</param>
    public async Task<IReadOnlyList<string>> RunAsync(IReadOnlyList<Disturbance> disturbances, CancellationToken cancellationToken)
    {
        var began = clock.NowMs;
        var failures = await Task.WhenAll(disturbances.Select(d => OneAsync(d, began + (d.AtS * 1_000), cancellationToken)));
        return [.. failures.OfType<string>()];
    }

    private async Task<string?> OneAsync(Disturbance disturbance, double atMs, CancellationToken cancellationToken)
    {
        await clock.UntilAsync(atMs, cancellationToken);
        try
        {
            switch (disturbance.Kind)
            {
                case DisturbanceKind.Restart:
                    var now = time.GetUtcNow();
                    await platform.RestartAsync(disturbance.Target!, $"disturbance-{disturbance.Target}-{now.UtcTicks:x}", now, cancellationToken);
                    break;
                case DisturbanceKind.LogBurst:
                    await LogAsync(disturbance, cancellationToken);
                    break;
                default:
                    load?.Multiply(disturbance.Times);
                    await clock.DelayAsync(TimeSpan.FromSeconds(disturbance.Seconds), cancellationToken);
                    load?.Multiply(1);
                    break;
            }

            return null;
        }
        catch (PlatformException error)
        {
            return $"{disturbance.Kind} of {disturbance.Target}: {error.Message}";
        }
    }

    /// <summary>Asks the service for pages that do not exist: it answers 404 and says so in its log.</summary>
    private async Task LogAsync(Disturbance disturbance, CancellationToken cancellationToken)
    {
        if (site.Find(disturbance.Target!)?.Health is not { } health)
        {
            return;
        }

        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };
        var until = clock.NowMs + (disturbance.Seconds * 1_000);
        for (var i = 0; clock.NowMs < until; i++)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri(health, $"/no-such-page-{i}"), cancellationToken);
            }
            catch (Exception error) when (error is HttpRequestException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // The service may be the one that is broken.
                _ = error;
            }

            await clock.DelayAsync(BetweenLines, cancellationToken);
        }
    }
}
