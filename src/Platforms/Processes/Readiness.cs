using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Processes;

/// <summary>Waits until a service answers its health address.</summary>
internal sealed class Readiness(ProcessStarter starter, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Without a declared health check, and between which bounds a declared one is taken.</summary>
    private static readonly TimeSpan MinWait = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(10);

    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.Zero })
    {
        MaxResponseContentBufferSize = 64 * 1024,
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Null when healthy (or when there is no address to ask), else why not.</summary>
    public async Task<string?> WaitAsync(ServiceSpec service, CancellationToken cancellationToken)
    {
        if (service.Health is not { } url)
        {
            return null;
        }

        var limit = Limit(service.HealthCheck);
        var started = time.GetTimestamp();
        while (true)
        {
            var answer = await ProbeAsync(url, cancellationToken);
            if (answer is null)
            {
                return null;
            }

            if (starter.FindExitCode(service.Name) is { } code)
            {
                return $"ended with exit code {code} before {url} was healthy";
            }

            if (time.GetElapsedTime(started) > limit)
            {
                return $"not healthy within {limit.TotalSeconds:0} s: {url}: {answer}";
            }

            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    public void Dispose() => _client.Dispose();

    private static TimeSpan Limit(HealthCheck? check)
    {
        if (check is null)
        {
            return MinWait;
        }

        var declared = check.StartPeriod + (check.Interval * check.Retries) + check.Timeout;
        return declared < MinWait ? MinWait : declared > MaxWait ? MaxWait : declared;
    }

    private async Task<string?> ProbeAsync(Uri url, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(ProbeTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var response = await _client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return (int)response.StatusCode < 400 ? null : $"answers {(int)response.StatusCode}";
        }
        catch (HttpRequestException e)
        {
            return e.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"no answer within {ProbeTimeout.TotalSeconds:0} s";
        }
    }
}
