using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>The service hangs: its ports accept connections and nothing answers.</summary>
public sealed class PauseFault : ISiteFault
{
    public string Name => "pause";

    public string Summary => "Freezes the service (SIGSTOP, or the freezer of its container): it holds its ports and answers nothing.";

    public string BlastRadius => "Requests that need the service hang until they time out; its data and connections stay.";

    public string Needs => "A running target.";

    public string Reverting => "The service is let go on when it is still frozen.";

    public string DefaultTarget => "api";

    public string Resource => FaultResources.Service;

    public IReadOnlyList<string> Platforms { get; } = ["process", "docker"];

    public async Task<IReadOnlyDictionary<string, string>> PrepareAsync(FaultContext context, ServiceSpec target, CancellationToken cancellationToken)
    {
        await context.RunningAsync(target.Name, cancellationToken);
        return new Dictionary<string, string>();
    }

    public Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        context.Platform.PauseAsync(receipt.Target, cancellationToken);

    public async Task RevertAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        if (await IsInEffectAsync(context, receipt, cancellationToken))
        {
            await context.Platform.UnpauseAsync(receipt.Target, cancellationToken);
        }
    }

    public async Task<bool> IsInEffectAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        (await context.ObserveAsync(receipt.Target, cancellationToken)).State == ServiceState.Paused;

    public Task<string?> CheckInvariantAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        context.ProblemOfAsync(receipt.Target, cancellationToken);

    public IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) => [FaultRemedy.Of("unpause", receipt.Target)];
}
