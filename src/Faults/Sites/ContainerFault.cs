using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>What faults inside containers have in common: they need a running target, and most of them end with its process.</summary>
public abstract class ContainerFault : ISiteFault
{
    /// <summary>Time that a server may take from its start until it answers its admin program.</summary>
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(30);

    public abstract string Name { get; }

    public abstract string Summary { get; }

    public abstract string BlastRadius { get; }

    public virtual string Needs => "A running target in a container.";

    public abstract string Reverting { get; }

    public abstract string DefaultTarget { get; }

    public abstract string Resource { get; }

    public IReadOnlyList<string> Platforms { get; } = ["docker"];

    /// <summary>The effect lies in the service's volume, and so outlives its container.</summary>
    protected virtual bool IsInVolume => false;

    public async Task<IReadOnlyDictionary<string, string>> PrepareAsync(FaultContext context, ServiceSpec target, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await context.RunningAsync(target.Name, cancellationToken);
        try
        {
            return await PrepareAsync(context, target, seen, cancellationToken);
        }
        catch (PlatformException unfit)
        {
            throw QuorateException.Input("unfit_target", $"fault {Name} cannot hit {target.Name}: {unfit.Message}", $"it is made for services like {DefaultTarget}: {Needs}", unfit);
        }
    }

    public abstract Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken);

    public virtual async Task RevertAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await context.ObserveAsync(receipt.Target, cancellationToken);
        if (seen.State == ServiceState.Paused)
        {
            await context.Platform.UnpauseAsync(receipt.Target, cancellationToken);
        }
        if (seen.State is ServiceState.Running or ServiceState.Paused)
        {
            await TakeBackAsync(context, receipt, await context.ObserveAsync(receipt.Target, cancellationToken), cancellationToken);
        }
        else if (IsInVolume && await HasVolumeAsync(context, receipt, cancellationToken))
        {
            await TakeBackFromVolumeAsync(context, receipt, seen, cancellationToken);
        }
    }

    public virtual async Task<bool> IsInEffectAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await context.ObserveAsync(receipt.Target, cancellationToken);
        return seen.State == ServiceState.Running
            ? await IsThereAsync(context, receipt, seen, cancellationToken)
            : IsInVolume && await HasVolumeAsync(context, receipt, cancellationToken)
                ? throw new PlatformException($"{receipt.Target} does not run, so that nobody can look whether {Name} is in effect", retryable: false)
                : false;
    }

    public virtual async Task<string?> CheckInvariantAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await context.ObserveAsync(receipt.Target, cancellationToken);
        return seen.State == ServiceState.Running
            ? await FindBrokenAsync(context, receipt, seen, cancellationToken)
            : $"{receipt.Target} does not run";
    }

    public abstract IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt);

    /// <summary>Looks, refuses or answers what a revert will need.</summary>
    protected virtual Task<IReadOnlyDictionary<string, string>> PrepareAsync(
        FaultContext context, ServiceSpec target, ServiceObservation seen, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, string>>(new Dictionary<string, string>());

    /// <summary>Takes the effect back in the running target; does nothing where it is not there.</summary>
    protected abstract Task TakeBackAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken);

    /// <summary>Whether the effect is there in the running target.</summary>
    protected abstract Task<bool> IsThereAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken);

    /// <summary>The invariant of the running target.</summary>
    protected abstract Task<string?> FindBrokenAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken);

    /// <summary>The same fact, seen by <see cref="IsThereAsync"/>, as a sentence.</summary>
    protected async Task<string?> SayIfThereAsync(string sentence, FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        await IsThereAsync(context, receipt, seen, cancellationToken) ? sentence : await context.ProblemOfAsync(receipt.Target, cancellationToken);

    private static async Task<bool> HasVolumeAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        foreach (VolumeMount mount in context.Spec(receipt).Volumes.Where(v => v is { Type: "volume", Source.Length: > 0 }))
        {
            if (await DockerEngine.HasVolumeAsync(context.DockerSocket, $"{context.Site.Name}_{mount.Source}", cancellationToken))
            {
                return true;
            }
        }
        return false;
    }

    private async Task TakeBackFromVolumeAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        if (seen.State == ServiceState.Missing)
        {
            throw new PlatformException($"{receipt.Target} is down and its volume still holds the effect; bring the site up and revert then, or remove the volume (quorate site down --volumes)", retryable: false);
        }
        await context.Platform.StartAsync(receipt.Target, receipt.EffectKey + "-revert", cancellationToken);
        await context.UntilAsync($"taking {Name} back in {receipt.Target} after its start", StartTime, async () =>
        {
            try
            {
                await TakeBackAsync(context, receipt, await context.ObserveAsync(receipt.Target, cancellationToken), cancellationToken);
                return true;
            }
            catch (PlatformException)
            {
                // It may not answer yet; how long is bounded.
                return false;
            }
        }, cancellationToken);
    }
}
