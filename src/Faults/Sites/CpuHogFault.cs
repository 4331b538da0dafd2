using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>The service's own process burns CPU, and its requests wait.</summary>
public sealed class CpuHogFault : ISiteFault
{
    /// <summary>Seconds after which the hog ends even when nobody reverts it.</summary>
    private const int Seconds = 600;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public string Name => "cpu_hog";

    public string Summary => "Makes threads inside the service spin (POST /lab/burn) until its requests are slow; ends by itself after 10 minutes.";

    public string Needs => "A running target with the lab's control /lab/burn (SHOP_LAB=1).";

    public string Reverting => "DELETE /lab/burn; nothing is left to do when the service has been started again, or does not run.";

    public string DefaultTarget => "api";

    public IReadOnlyList<string> Platforms { get; } = ["process", "docker"];

    public async Task<IReadOnlyDictionary<string, string>> PrepareAsync(FaultContext context, ServiceSpec target, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await context.RunningAsync(target.Name, cancellationToken);
        Uri address = target.Health ?? target.Metrics ?? (seen.Endpoints is [var first, ..] ? first : null)
            ?? throw QuorateException.Input("no_endpoint", $"service {target.Name} has no address on this machine (x-quorate.health, or a published port)");
        int threads = Math.Clamp(4 * System.Environment.ProcessorCount, 4, 16);
        return new Dictionary<string, string>
        {
            ["url"] = new Uri(address, "/lab/burn").ToString(),
            ["threads"] = threads.ToString(),
        };
    }

    public async Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        var url = new Uri($"{receipt.Values["url"]}?threads={receipt.Values["threads"]}&seconds={Seconds}");
        int status = await SendAsync(HttpMethod.Post, url, cancellationToken);
        if (status is < 200 or > 299)
        {
            throw new PlatformException($"{url} answered {status}; is the service started with SHOP_LAB=1?", retryable: false);
        }
    }

    public async Task RevertAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await context.ObserveAsync(receipt.Target, cancellationToken);
        if (seen.State is ServiceState.Stopped or ServiceState.Missing)
        {
            return;
        }
        await SendAsync(HttpMethod.Delete, new Uri(receipt.Values["url"]), cancellationToken);
    }

    private static async Task<int> SendAsync(HttpMethod method, Uri url, CancellationToken cancellationToken)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };
        using var request = new HttpRequestMessage(method, url);
        try
        {
            using HttpResponseMessage answer = await client.SendAsync(request, cancellationToken);
            return (int)answer.StatusCode;
        }
        catch (HttpRequestException failure)
        {
            throw new PlatformException($"{method} {url}: {failure.Message}", retryable: true, failure);
        }
        catch (OperationCanceledException failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PlatformException($"{method} {url}: no answer within {Patience.TotalSeconds:0} s", retryable: true, failure);
        }
    }
}
