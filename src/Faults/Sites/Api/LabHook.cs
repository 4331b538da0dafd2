using System.Globalization;
using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>The lab's own controls, <c>POST /lab/NAME</c> and <c>DELETE /lab/NAME</c>; the address is the receipt's <c>url</c>.</summary>
internal static class LabHook
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Starts what ends by itself at the fault's deadline.</summary>
    public static async Task StartAsync(FaultContext context, FaultReceipt receipt, string query, CancellationToken cancellationToken)
    {
        int seconds = receipt.Deadline is { } deadline ? (int)Math.Clamp((deadline - receipt.InjectedAt).TotalSeconds, 1, FaultInjector.LongestDuration.TotalSeconds) : 600;
        var url = new Uri(string.Create(CultureInfo.InvariantCulture, $"{receipt.Values["url"]}?{query}&seconds={seconds}"));
        (int status, _) = await context.SendAsync(HttpMethod.Post, url, Patience, cancellationToken);
        if (status is < 200 or > 299)
        {
            throw new PlatformException($"{url} answered {status}; is the service started with SHOP_LAB=1 or CLOUD_LAB=1?", retryable: false);
        }
    }

    /// <summary>Does nothing when the service does not run: what was in its process is gone with it.</summary>
    public static async Task EndAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await context.ObserveAsync(receipt.Target, cancellationToken);
        if (seen.State is not (ServiceState.Stopped or ServiceState.Missing))
        {
            await DeleteAsync(context, receipt, Patience, cancellationToken);
        }
    }

    /// <exception cref="PlatformException">The service did not hear it.</exception>
    public static async Task DeleteAsync(FaultContext context, FaultReceipt receipt, TimeSpan patience, CancellationToken cancellationToken)
    {
        (int status, _) = await context.SendAsync(HttpMethod.Delete, new Uri(receipt.Values["url"]), patience, cancellationToken);
        if (status is < 200 or > 299)
        {
            throw new PlatformException($"DELETE {receipt.Values["url"]} answered {status}", retryable: true);
        }
    }
}
