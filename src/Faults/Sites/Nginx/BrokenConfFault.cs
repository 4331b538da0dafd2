using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>The proxy's configuration does not parse: a reload fails, and a restart dies.</summary>
public sealed class BrokenConfFault : NginxFault
{
    private const string Path = $"{Folder}/zz-broken.conf";

    private static readonly TimeSpan Dying = TimeSpan.FromSeconds(10);

    public override string Name => "broken_conf";

    public override string Summary => "Adds a file to nginx's configuration that does not parse, and restarts it: it dies at once, however often it is started.";

    public override string BlastRadius => "No request from outside gets in; everything behind the proxy works.";

    public override string Reverting => "The service is recreated as declared while the file is in its container.";

    public override string Resource => FaultResources.Service;

    public override async Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        await WriteAsync(context, receipt.Target, Path, "server { listen 8080", cancellationToken);
        await context.Platform.RestartAsync(receipt.Target, receipt.EffectKey, receipt.InjectedAt, cancellationToken);
        await context.UntilAsync($"the death of {receipt.Target}", Dying, async () =>
            (await context.ObserveAsync(receipt.Target, cancellationToken)).State == ServiceState.Stopped, cancellationToken);
    }

    public override async Task RevertAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await context.ObserveAsync(receipt.Target, cancellationToken);
        if (seen.State == ServiceState.Stopped || seen.ContainerId == receipt.Values["container"])
        {
            await TakeBackAsync(context, receipt, seen, cancellationToken);
        }
    }

    public override async Task<bool> IsInEffectAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        await context.ObserveAsync(receipt.Target, cancellationToken) is { State: ServiceState.Stopped, ExitCode: not 0 } seen
        && seen.ContainerId == receipt.Values["container"];

    public override IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) => [FaultRemedy.Of("reconcile", receipt.Target)];

    protected override async Task<IReadOnlyDictionary<string, string>> PrepareAsync(
        FaultContext context, ServiceSpec target, ServiceObservation seen, CancellationToken cancellationToken)
    {
        await base.PrepareAsync(context, target, seen, cancellationToken);
        return new Dictionary<string, string> { ["container"] = seen.ContainerId! };
    }

    /// <summary>A container that died of it, or may be about to, cannot be looked into.</summary>
    protected override async Task TakeBackAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        if (seen.State == ServiceState.Stopped || !receipt.Applied)
        {
            await ContainerSwap.RecreateAsync(context, context.Spec(receipt), null, receipt.EffectKey + "-revert", cancellationToken);
        }
        else if (seen.State == ServiceState.Running)
        {
            await RunAsync(context, receipt.Target, cancellationToken, "rm", "-f", Path);
        }
    }

    protected override Task<bool> IsThereAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        HasAsync(context, receipt.Target, Path, cancellationToken);

    protected override Task<string?> FindBrokenAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        SayIfThereAsync($"the configuration of {receipt.Target} does not parse", context, receipt, seen, cancellationToken);
}
