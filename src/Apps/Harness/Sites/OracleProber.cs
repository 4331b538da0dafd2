using System.Net.Http.Headers;
using System.Net.Sockets;
using Quorate.Contracts.Sites;

namespace Quorate.Harness.Sites;

/// <summary>
/// The harness's own look at a site: its own client, its own rules, nothing of planner, agents or monitor. A service passes
/// when it runs with all its replicas and its health address answers 2xx, or, without one, its published ports accept and
/// the engine does not call it unhealthy. What counts is the site as it was declared when the harness loaded it.
/// </summary>
public sealed class OracleProber(Site site, IPlatform platform, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.Zero })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>What fails now, one sentence each; empty when everything passes.</summary>
    public async Task<IReadOnlyList<string>> LookAsync(CancellationToken cancellationToken) =>
        [.. (await Task.WhenAll(Ask(cancellationToken))).SelectMany(f => f)];

    /// <summary>The same, but what is known a moment after the first failure has to do: the others may wait for a service that hangs.</summary>
    public async Task<IReadOnlyList<string>> GlanceAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var asked = Ask(ending.Token);
            await foreach (var one in Task.WhenEach(asked).WithCancellation(cancellationToken))
            {
                if ((await one).Count > 0)
                {
                    await Task.WhenAny(Task.WhenAll(asked), Task.Delay(Moment, time, cancellationToken));
                    return [.. asked.Where(a => a.IsCompletedSuccessfully).SelectMany(a => a.Result)];
                }
            }

            return [];
        }
        finally
        {
            await ending.CancelAsync();
        }
    }

    public void Dispose() => _http.Dispose();

    private Task<IReadOnlyList<string>>[] Ask(CancellationToken cancellationToken) =>
    [
        StatesAsync(cancellationToken),
        .. site.Services.Select(s => OnlyAsync(AddressProblemAsync(s, cancellationToken))),
        .. site.Probes.Select(p => OnlyAsync(ProbeAsync(p, cancellationToken))),
    ];

    private async Task<IReadOnlyList<string>> StatesAsync(CancellationToken cancellationToken)
    {
        var seen = await platform.ObserveAsync(cancellationToken);
        return [.. site.Services.Select(s => StateProblem(s, seen.FirstOrDefault(o => o.Name == s.Name))).OfType<string>()];
    }

    private static async Task<IReadOnlyList<string>> OnlyAsync(Task<string?> asking) => await asking is { } problem ? [problem] : [];

    private static string? StateProblem(ServiceSpec spec, ServiceObservation? seen)
    {
        if (spec.Replicas == 0)
        {
            return seen is { State: ServiceState.Running } ? $"{spec.Name}: runs, declared not to" : null;
        }

        return seen?.State switch
        {
            null => $"{spec.Name}: missing",
            not ServiceState.Running => $"{spec.Name}: {seen.State.ToString().ToLowerInvariant()}",
            _ when seen.Replicas < spec.Replicas => $"{spec.Name}: {seen.Replicas} of {spec.Replicas} replicas",
            _ when spec.Health is null && seen.EngineHealth == "unhealthy" => $"{spec.Name}: unhealthy",
            _ => null,
        };
    }

    private async Task<string?> AddressProblemAsync(ServiceSpec spec, CancellationToken cancellationToken)
    {
        if (spec.Replicas == 0)
        {
            return null;
        }

        if (spec.Health is { } health)
        {
            var (status, problem) = await SendAsync(HttpMethod.Get, health, null, cancellationToken);
            return status is >= 200 and < 300 ? null : $"{spec.Name}: {health.AbsolutePath} answers {problem ?? $"{status}"}";
        }

        foreach (var port in spec.Ports.Where(p => p is { HostPort: > 0, Protocol: "tcp" }))
        {
            if (await ConnectAsync(port, cancellationToken) is { } refused)
            {
                return $"{spec.Name}: port {port.HostPort} {refused}";
            }
        }

        return null;
    }

    private async Task<string?> ProbeAsync(SiteProbe probe, CancellationToken cancellationToken)
    {
        var (status, problem) = await SendAsync(HttpMethod.Parse(probe.Method), probe.Url, probe.Body, cancellationToken);
        return status == probe.ExpectStatus ? null : $"{probe.Name}: answers {problem ?? $"{status}"}, expected {probe.ExpectStatus}";
    }

    private async Task<(int? Status, string? Problem)> SendAsync(HttpMethod method, Uri url, string? body, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        using var request = new HttpRequestMessage(method, url);
        if (body is not null)
        {
            request.Content = new StringContent(body, new MediaTypeHeaderValue("application/json"));
        }

        try
        {
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token);
            return ((int)answer.StatusCode, null);
        }
        catch (HttpRequestException error)
        {
            return (null, error.InnerException is SocketException socket ? socket.SocketErrorCode.ToString() : error.HttpRequestError.ToString());
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, $"nothing within {Patience.TotalSeconds:0} s");
        }
    }

    private async Task<string?> ConnectAsync(PortMapping port, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(port.HostIp is "" or "0.0.0.0" or "::" ? "127.0.0.1" : port.HostIp, port.HostPort, both.Token);
            return null;
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode.ToString();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"takes no connection within {Patience.TotalSeconds:0} s";
        }
    }
}
