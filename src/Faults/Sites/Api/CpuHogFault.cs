using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>The service's own process burns CPU, and its requests wait.</summary>
public sealed class CpuHogFault : ISiteFault
{
    /// <summary>CPU in cores above which somebody burns it: the services idle far below.</summary>
    private const double BusyCores = 0.6;

    public string Name => "cpu_hog";

    public string Summary => "Makes threads inside the service spin (POST /lab/burn) until its requests are slow; ends by itself after 10 minutes.";

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
        await context.Platform.ReadUsageAsync(receipt.Target, cancellationToken) is { CpuLoad: > BusyCores };

    public async Task<string?> CheckInvariantAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        await context.Platform.ReadUsageAsync(receipt.Target, cancellationToken) switch
        {
            null => $"{receipt.Target} does not run",
            { CpuLoad: > BusyCores and var cores } => $"{receipt.Target} takes {cores:0.0} cores",
            _ => await context.ProblemOfAsync(receipt.Target, cancellationToken),
        };

    public IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) => [FaultRemedy.Of("restart", receipt.Target)];
}
