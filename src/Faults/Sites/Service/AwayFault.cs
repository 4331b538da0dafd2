using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>What the faults that take a service away have in common: they need it running, and start it again.</summary>
public abstract class AwayFault : ISiteFault
{
    public abstract string Name { get; }

    public abstract string Summary { get; }

    public virtual string BlastRadius => "Everything that needs the service fails until it is started; its data stays.";

    public virtual string Needs => "A running target.";

    public string Reverting => "The service is started again unless it runs already.";

    public abstract string DefaultTarget { get; }

    public string Resource => FaultResources.Service;

    /// <summary>Between the word and the service's end time may pass.</summary>
    protected virtual bool EndsLater => false;

    public IReadOnlyList<string> Platforms { get; } = ["process", "docker"];

    public virtual string TargetOn(Site site) => DefaultTarget;

    public async Task<IReadOnlyDictionary<string, string>> PrepareAsync(FaultContext context, ServiceSpec target, CancellationToken cancellationToken)
    {
        await context.RunningAsync(target.Name, cancellationToken);
        return new Dictionary<string, string>();
    }

    public abstract Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken);

    public async Task RevertAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        if (await context.FindAsync(receipt.Target, cancellationToken) is not { } seen)
        {
            return;
        }
        bool halfway = !receipt.Applied && EndsLater && seen.State == ServiceState.Running;
        if (halfway)
        {
            // The end may be under way still, though nobody waits for it any more: ending it too does wait.
            await context.Platform.StopAsync(receipt.Target, cancellationToken);
        }
        if (halfway || seen.State is ServiceState.Stopped or ServiceState.Missing)
        {
            await context.Platform.StartAsync(receipt.Target, receipt.EffectKey + "-revert", cancellationToken);
        }
    }

    public async Task<bool> IsInEffectAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        (await context.ObserveAsync(receipt.Target, cancellationToken)).State is ServiceState.Stopped or ServiceState.Missing;

    public Task<string?> CheckInvariantAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        context.ProblemOfAsync(receipt.Target, cancellationToken);

    public IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) => [FaultRemedy.Of("start", receipt.Target)];
}
