using System.Globalization;
using System.Text.RegularExpressions;
using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>The service's own process burns CPU, and its requests wait.</summary>
public sealed partial class CpuHogFault : ISiteFault
{
    /// <summary>A service whose threads are all busy answers late.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public string Name => "cpu_hog";

    public string Summary => "Makes threads inside the service spin (POST /lab/burn) until its requests are slow; ends by itself at its deadline.";

    public string BlastRadius => "Requests to the service are slow or time out, and others on the machine get less CPU; all data stays.";

    public string Needs => "A running target with the lab's control /lab/burn (SHOP_LAB=1 or CLOUD_LAB=1).";

    public string Reverting => "DELETE /lab/burn; nothing is left to do when the service has been started again, or does not run.";

    public string DefaultTarget => "api";

    public string Resource => FaultResources.Cpu;

    public IReadOnlyList<string> Platforms { get; } = ["process", "docker"];

    public async Task<IReadOnlyDictionary<string, string>> PrepareAsync(FaultContext context, ServiceSpec target, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await context.RunningAsync(target.Name, cancellationToken);
        int threads = Math.Clamp(4 * System.Environment.ProcessorCount, 4, 16);
        return new Dictionary<string, string>
        {
            ["url"] = FaultContext.AddressOf(target, seen, "/lab/burn").ToString(),
            ["threads"] = threads.ToString(),
        };
    }

    public Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        LabHook.StartAsync(context, receipt, $"threads={receipt.Values["threads"]}", cancellationToken);

    public Task RevertAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        LabHook.EndAsync(context, receipt, cancellationToken);

    public async Task<bool> IsInEffectAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        await SpinningAsync(context, receipt, cancellationToken) > 0;

    public async Task<string?> CheckInvariantAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        await SpinningAsync(context, receipt, cancellationToken) switch
        {
            null => $"{receipt.Target} does not run",
            > 0 and var threads => $"{threads} threads of {receipt.Target} spin",
            _ => await context.ProblemOfAsync(receipt.Target, cancellationToken),
        };

    public IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) => [FaultRemedy.Of("restart", receipt.Target)];

    /// <summary>By the service's own count of such threads, whatever share of the machine they get; null when it does not run.</summary>
    private static async Task<int?> SpinningAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        if ((await context.ObserveAsync(receipt.Target, cancellationToken)).State != ServiceState.Running)
        {
            return null;
        }
        (_, string metrics) = await context.SendAsync(HttpMethod.Get, new Uri(new Uri(receipt.Values["url"]), "/metrics"), Patience, cancellationToken);
        return Gauge().Match(metrics) is { Success: true } found
            ? int.Parse(found.Groups["threads"].Value, CultureInfo.InvariantCulture)
            : throw new PlatformException($"{receipt.Target} does not count its spinning threads", retryable: false);
    }

    [GeneratedRegex("^[a-z_]+_lab_burning_threads (?<threads>[0-9]{1,4})\\r?$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 500)]
    private static partial Regex Gauge();
}
