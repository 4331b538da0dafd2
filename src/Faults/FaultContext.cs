using System.Globalization;
using Quorate.Contracts;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Monitoring;

namespace Quorate.Faults;

/// <summary>What a fault works with. DockerSocket: full path of the engine's unix socket.</summary>
public sealed record FaultContext(Site Site, IPlatform Platform, TimeProvider Time, string DockerSocket)
{
    /// <summary>Requests of faults never go through a proxy, and each has a new connection.</summary>
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>The target as declared.</summary>
    public ServiceSpec Spec(FaultReceipt receipt) => Site.Find(receipt.Target)
        ?? throw new PlatformException($"service {receipt.Target} is no longer declared in {Site.ComposeFile}", retryable: false);

    /// <summary>The target as it is now.</summary>
    public async Task<ServiceObservation> ObserveAsync(string service, CancellationToken cancellationToken) =>
        Of(await Platform.ObserveAsync(cancellationToken), service);

    /// <summary>
    /// The target as it is now; null when it was removed, and with it the effect: with its whole site, or, where containers are,
    /// alone, since a new one is made as declared.
    /// </summary>
    public async Task<ServiceObservation?> FindAsync(string service, CancellationToken cancellationToken)
    {
        IReadOnlyList<ServiceObservation> all = await Platform.ObserveAsync(cancellationToken);
        ServiceObservation seen = Of(all, service);
        return seen.State == ServiceState.Missing && (Platform.Name == "docker" || all.All(o => o.State == ServiceState.Missing)) ? null : seen;
    }

    /// <summary>The target as it is now, running.</summary>
    /// <exception cref="QuorateException">It does not run, so that there is nothing to break.</exception>
    public async Task<ServiceObservation> RunningAsync(string service, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await ObserveAsync(service, cancellationToken);
        return seen.State == ServiceState.Running ? seen : throw QuorateException.Input(
            "target_not_running", $"service {service} is {seen.State.ToString().ToLowerInvariant()}; a fault needs a running target", "quorate site up");
    }

    /// <summary>Null when the service passes every check that site status makes of it, else what fails.</summary>
    public async Task<string?> ProblemOfAsync(string service, CancellationToken cancellationToken)
    {
        ServiceStatus status = await new SiteProber(Site, Platform, Http, Time)
            .ProbeServiceAsync(Site.Find(service)!, await ObserveAsync(service, cancellationToken), cancellationToken);
        return status.Healthy ? null : $"{service}: {status.Detail}";
    }

    /// <summary>The address of a path of the service on this machine.</summary>
    /// <exception cref="QuorateException">It has no address here.</exception>
    public static Uri AddressOf(ServiceSpec service, ServiceObservation seen, string path) =>
        (service.Health ?? service.Metrics ?? (seen.Endpoints is [var first, ..] ? first : null)) is { } address
            ? new Uri(address, path)
            : throw QuorateException.Input("no_endpoint", $"service {service.Name} has no address on this machine (x-quorate.health, or a published port)");

    /// <summary>One request on a connection of its own. The body is cut at 64 KB.</summary>
    /// <exception cref="PlatformException">No answer within <paramref name="patience"/>.</exception>
    internal async Task<(int Status, string Body)> SendAsync(HttpMethod method, Uri url, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(patience, Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        using var request = new HttpRequestMessage(method, url) { Headers = { ConnectionClose = true } };
        try
        {
            using HttpResponseMessage answer = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            string body = await BoundedText.ReadAsync(await answer.Content.ReadAsStreamAsync(either.Token), either.Token);
            return ((int)answer.StatusCode, body);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            throw new PlatformException($"{method} {url}: {failure.Message}", retryable: true, failure);
        }
        catch (OperationCanceledException failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PlatformException(string.Create(CultureInfo.InvariantCulture, $"{method} {url}: no answer within {patience.TotalSeconds:0.#} s"), retryable: true, failure);
        }
    }

    /// <summary>Asks every 100 ms until it holds.</summary>
    /// <exception cref="PlatformException">It did not within <paramref name="patience"/>.</exception>
    internal async Task UntilAsync(string what, TimeSpan patience, Func<Task<bool>> holds, CancellationToken cancellationToken)
    {
        long began = Time.GetTimestamp();
        while (!await holds())
        {
            if (Time.GetElapsedTime(began) > patience)
            {
                throw new PlatformException(string.Create(CultureInfo.InvariantCulture, $"{what} did not happen within {patience.TotalSeconds:0.#} s"), retryable: true);
            }
            await Task.Delay(TimeSpan.FromMilliseconds(100), Time, cancellationToken);
        }
    }

    private static ServiceObservation Of(IReadOnlyList<ServiceObservation> all, string service) => all.FirstOrDefault(o => o.Name == service)
        ?? throw new PlatformException($"service {service} was not observed", retryable: true);
}

/// <summary>Reads the beginning of a text that may be of any length.</summary>
internal static class BoundedText
{
    private const int MaxBytes = 64 * 1024;

    public static async Task<string> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[MaxBytes];
        int count = await stream.ReadAtLeastAsync(buffer, MaxBytes, throwOnEndOfStream: false, cancellationToken);
        return System.Text.Encoding.UTF8.GetString(buffer, 0, count);
    }
}
