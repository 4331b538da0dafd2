using System.Globalization;
using System.Text.Json;
using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>The service's memory limit is far too low: the kernel kills it, and again whenever it is started.</summary>
public sealed class OomFault : HookFault
{
    /// <summary>Room above what it uses, so that the engine takes the limit.</summary>
    private const long Headroom = 6L << 20;

    /// <summary>Less than the service needs to start.</summary>
    private const long TooLow = 16L << 20;

    private static readonly TimeSpan Dying = TimeSpan.FromSeconds(10);

    public override string Name => "oom";

    public override string Summary => "Lowers the container's memory limit below what the service needs: the kernel kills it (exit code 137).";

    public override string BlastRadius => "The service is away, and dies again when it is only started; its data stays.";

    public override string Reverting => "The limit is set back, and the service started when it does not run.";

    public override string Resource => FaultResources.Service;

    protected override string Hook => "memory";

    protected override string Query => "mb=512";

    protected override string Check => "orders";

    public override async Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        string container = receipt.Values["container"];
        ResourceUsage? usage = await context.Platform.ReadUsageAsync(receipt.Target, cancellationToken);
        long tight = (usage?.MemoryBytes ?? 0) + Headroom;
        await DockerEngine.LimitMemoryAsync(context.DockerSocket, container, tight, tight, cancellationToken);
        try
        {
            await LabHook.StartAsync(context, receipt, Query, cancellationToken);
        }
        catch (PlatformException)
        {
            // It dies while it answers.
        }
        await context.UntilAsync($"the death of {receipt.Target} for lack of memory", Dying, async () =>
            (await context.ObserveAsync(receipt.Target, cancellationToken)).State == ServiceState.Stopped, cancellationToken);
        await DockerEngine.LimitMemoryAsync(context.DockerSocket, container, TooLow, TooLow, cancellationToken);
    }

    public override async Task RevertAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await context.ObserveAsync(receipt.Target, cancellationToken);
        if (seen.ContainerId != receipt.Values["container"])
        {
            // It was recreated, with the limit that is declared, or removed.
            return;
        }
        await DockerEngine.LimitMemoryAsync(context.DockerSocket, receipt.Values["container"], Number(receipt, "memory"), Number(receipt, "swap"), cancellationToken);
        if (seen.State == ServiceState.Running && !receipt.Applied)
        {
            // It may be growing still, to die of the limit that was put back.
            await context.Platform.StopAsync(receipt.Target, cancellationToken);
        }
        if (seen.State == ServiceState.Stopped || !receipt.Applied)
        {
            await context.Platform.StartAsync(receipt.Target, receipt.EffectKey + "-revert", cancellationToken);
        }
    }

    public override async Task<bool> IsInEffectAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        await context.ObserveAsync(receipt.Target, cancellationToken) is { MemoryBytes: { } limit } && limit < Number(receipt, "memory");

    public override async Task<string?> CheckInvariantAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        await context.ObserveAsync(receipt.Target, cancellationToken) is { MemoryBytes: { } limit } && limit < Number(receipt, "memory")
            ? $"{receipt.Target} has {limit >> 20} MB of memory, and needs more"
            : await context.ProblemOfAsync(receipt.Target, cancellationToken);

    public override IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) => [FaultRemedy.Of("reconcile", receipt.Target)];

    protected override async Task<IReadOnlyDictionary<string, string>> PrepareAsync(
        FaultContext context, ServiceSpec target, ServiceObservation seen, CancellationToken cancellationToken)
    {
        JsonElement host = (await DockerEngine.InspectAsync(context.DockerSocket, seen.ContainerId!, cancellationToken)).GetProperty("HostConfig");
        long memory = host.GetProperty("Memory").GetInt64();
        return memory <= 0
            ? throw new PlatformException("it has no memory limit to put back (mem_limit)", retryable: false)
            : new Dictionary<string, string>(await base.PrepareAsync(context, target, seen, cancellationToken))
            {
                ["container"] = seen.ContainerId!,
                ["memory"] = memory.ToString(CultureInfo.InvariantCulture),
                ["swap"] = host.GetProperty("MemorySwap").GetInt64().ToString(CultureInfo.InvariantCulture),
            };
    }

    private static long Number(FaultReceipt receipt, string name) => long.Parse(receipt.Values[name], CultureInfo.InvariantCulture);
}
