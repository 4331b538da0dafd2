using System.Net.Http.Headers;
using Quorate.Contracts.Sites;
using Quorate.Harness.Scenarios;

namespace Quorate.Harness.Sites;

/// <summary>What became of the requests of a run's users.</summary>
public sealed record LoadCounts(long Sent, long Right, long Wrong);

/// <summary>
/// Users of the site: an open loop (a slow site does not slow them down) of requests made from the site's own probes, drawn
/// by a seed. Runs until it is disposed.
/// </summary>
public sealed class LoadGenerator : IAsyncDisposable
{
    /// <summary>Requests under way at once; more are not sent and count as wrong.</summary>
    private const int MaxInFlight = 256;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false }) { Timeout = Patience };
    private readonly CancellationTokenSource _ending = new();
    private readonly Load _load;
    private readonly SeededNumbers _random;
    private readonly List<SiteProbe> _reads;
    private readonly List<SiteProbe> _writes;
    private readonly RunClock _clock;
    private readonly Task _sending;
    private double _times = 1;
    private long _sent;
    private long _right;
    private int _inFlight;

    public LoadGenerator(Site site, Load load, long seed, RunClock clock)
    {
        (_load, _clock, _random) = (load, clock, new SeededNumbers((ulong)seed ^ 0x10AD));
        _reads = [.. site.Probes.Where(p => p.Method == "GET")];
        _writes = [.. site.Probes.Where(p => p.Method != "GET")];
        _sending = Task.Run(() => SendAsync(_ending.Token), CancellationToken.None);
    }

    public LoadCounts Counts => new(Interlocked.Read(ref _sent), Interlocked.Read(ref _right), Interlocked.Read(ref _sent) - Interlocked.Read(ref _right) - Volatile.Read(ref _inFlight));

    /// <summary>So many times the declared rate from now on.</summary>
    public void Multiply(double times) => Volatile.Write(ref _times, times);

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _http.Dispose();
        _ending.Dispose();
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        var next = _clock.NowMs;
        while (_reads.Count + _writes.Count > 0)
        {
            await _clock.UntilAsync(next, cancellationToken);
            next += 1_000 / (_load.Rate * Volatile.Read(ref _times));
            var kind = _random.Next() * 100 < _load.Mix ? _writes : _reads;
            var among = kind.Count > 0 ? kind : _reads.Concat(_writes).ToList();
            var probe = among[(int)(_random.Next() * among.Count)];
            Interlocked.Increment(ref _sent);
            if (Volatile.Read(ref _inFlight) < MaxInFlight)
            {
                Interlocked.Increment(ref _inFlight);
                _ = OneAsync(probe, cancellationToken);
            }
        }
    }

    private async Task OneAsync(SiteProbe probe, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Parse(probe.Method), probe.Url);
            request.Content = probe.Body is null ? null : new StringContent(probe.Body, new MediaTypeHeaderValue("application/json"));
            using var answer = await _http.SendAsync(request, cancellationToken);
            if ((int)answer.StatusCode == probe.ExpectStatus)
            {
                Interlocked.Increment(ref _right);
            }
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or ObjectDisposedException or IOException)
        {
            // A user's failed request is what the counts are for.
            _ = error;
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }
}
