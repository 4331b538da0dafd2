using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>The worker's process stands still, and its container is said to run.</summary>
public sealed class StalledConsumerFault : ContainerFault
{
    public override string Name => "stalled_consumer";

    public override string Summary => "Stops the worker's process (SIGSTOP) inside its container, which the engine still calls running.";

    public override string BlastRadius => "Orders are placed and read, and none is processed; messages and orders stay.";

    public override string Needs => "Root, and a running target in a container.";

    public override string Reverting => "The process is let go on (SIGCONT) when it is still stopped.";

    public override string DefaultTarget => "worker";

    public override string Resource => FaultResources.Service;

    public override async Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        Native.Stop((await context.RunningAsync(receipt.Target, cancellationToken)).Pid!.Value);

    public override IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) => [FaultRemedy.Of("restart", receipt.Target)];

    protected override Task<IReadOnlyDictionary<string, string>> PrepareAsync(
        FaultContext context, ServiceSpec target, ServiceObservation seen, CancellationToken cancellationToken)
    {
        ContainerFiles.RequireRoot(Name);
        return seen.Pid is > 1
            ? base.PrepareAsync(context, target, seen, cancellationToken)
            : throw new PlatformException("it has no process here", retryable: false);
    }

    protected override Task TakeBackAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        if (IsStopped(seen))
        {
            Native.Continue(seen.Pid!.Value);
        }
        return Task.CompletedTask;
    }

    protected override Task<bool> IsThereAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        Task.FromResult(IsStopped(seen));

    protected override Task<string?> FindBrokenAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        SayIfThereAsync($"the process of {receipt.Target} is stopped", context, receipt, seen, cancellationToken);

    internal static bool IsStopped(ServiceObservation seen) => seen.Pid is { } pid && FaultOwner.StateOf(pid) == 'T';
}
